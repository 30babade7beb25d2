import { isIPv6 } from 'node:net'

/** Of an IPv6 address with its zone. */
const maxLength = 64
const unknown = 'unknown'

/**
 * Who is behind an address, as far as limits can tell: an IPv4 address is one client; of IPv6 it is
 * the network of 64 bits, because that is what a subscriber gets.
 */
export function clientNetwork(address: string): string {
  // An IPv4 client of a socket that takes both.
  if (address.startsWith('::ffff:') && address.includes('.')) return address.slice('::ffff:'.length)
  // Only a proxy that we trust can have let it through.
  if (address.length > maxLength) return unknown
  if (!address.includes(':')) return address
  if (!isIPv6(address)) return unknown
  const [head = '', tail] = address.toLowerCase().split('%')[0]?.split('::') ?? []
  const before = head === '' ? [] : head.split(':')
  if (tail === undefined || before.length >= 4) return prefixOf(before)
  const after = tail === '' ? [] : tail.split(':')
  // What `::` stands for; a dotted end is two groups.
  const length = after.length + (tail.includes('.') ? 1 : 0)
  const zeros = Array<string>(Math.max(0, 8 - before.length - length)).fill('0')
  return prefixOf([...before, ...zeros, ...after])
}

function prefixOf(groups: readonly string[]): string {
  const network = groups.slice(0, 4).map((group) => group.replace(/^0+(?=.)/, ''))
  return `${network.join(':')}::/64`
}
