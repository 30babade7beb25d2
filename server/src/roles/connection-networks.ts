import { BlockList, isIP } from 'node:net'

/** Where servers that accounts register may be: `public`, networks and single addresses. */
export type ConnectionNetworks = readonly string[]

/**
 * What the internet routes to nobody in particular: this machine, its neighbours, what clouds answer
 * their machines' questions at, and what is for documentation (RFC 6890 and its registries).
 */
const specialNetworks = networkList([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
])

/** Of IPv6, everything that is routed at all. */
const globalUnicast = networkList(['2000::/3'])

/** Whether a server may be at this address. An address that is not understood may not. */
export function mayConnectTo(networks: ConnectionNetworks, address: string): boolean {
  const family = isIP(address)
  if (family === 0) return false
  const listed = networkList(networks.filter((network) => network !== 'public'))
  if (isIn(listed, address)) return true
  if (!networks.includes('public') || isIn(specialNetworks, address)) return false
  return family === 4 || isIn(globalUnicast, address)
}

function isIn(list: BlockList, address: string): boolean {
  return list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

function networkList(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', bits] = network.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    list.addSubnet(
      address,
      bits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(bits),
      family,
    )
  }
  return list
}
