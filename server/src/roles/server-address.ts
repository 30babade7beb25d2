import { isIP } from 'node:net'
import { type ConnectionOptions, checkServerIdentity, type PeerCertificate } from 'node:tls'
import { AccessError } from '../errors.ts'
import type { RegisteredServer } from '../store/connections.ts'
import { type ConnectionNetworks, mayConnectTo } from './connection-networks.ts'

/** The addresses of a host name, by the DNS. */
export type LookUp = (host: string) => Promise<readonly string[]>

/** Where a registered server is at this moment, and how its log-ins are encrypted. */
export type ServerPlace = {
  /** An address, never a name: what was checked is what is connected to. */
  readonly host: string
  readonly port: number
  readonly ssl: ConnectionOptions | false
}

/**
 * One sentence for everything that keeps us from a server, refused addresses included: with several,
 * whoever registers servers could ask us what is where in our network.
 */
export function unreachable(cause?: unknown): AccessError {
  return new AccessError('server_unreachable', { cause })
}

/**
 * Finds the address of a registered server, and makes sure that servers may be there. To be called
 * for each log-in: names can come to mean something else.
 * Throws server_unreachable, whatever the reason.
 */
export async function resolveServer(
  server: RegisteredServer,
  networks: ConnectionNetworks,
  lookUp: LookUp,
): Promise<ServerPlace> {
  const { host, port } = server
  const addresses =
    isIP(host) === 0
      ? await lookUp(host).catch((cause: unknown) => {
          throw unreachable(cause)
        })
      : [host]
  const address = addresses.find((one) => mayConnectTo(networks, one))
  if (address === undefined) {
    throw unreachable(new Error('No address of the server is in a network that is allowed.'))
  }
  return { host: address, port, ssl: tlsOptions(server) }
}

/** The certificate must be that of the host that was registered, though we connect to an address. */
function tlsOptions({ host, tls, ca }: RegisteredServer): ConnectionOptions | false {
  const authority = {
    ...(ca !== undefined && { ca }),
    ...(isIP(host) === 0 && { servername: host }),
  }
  switch (tls) {
    case 'disable':
      return false
    case 'require':
      return { ...authority, rejectUnauthorized: false }
    case 'verify-ca':
      return { ...authority, checkServerIdentity: () => undefined }
    case 'verify-full':
      return {
        ...authority,
        checkServerIdentity: (_: string, certificate: PeerCertificate) =>
          checkServerIdentity(host, certificate),
      }
  }
}
