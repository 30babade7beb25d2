import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { AccessError } from '../errors.ts'
import { isStorableText } from '../policy/storable-text.ts'
import { type RegisteredServer, type TlsMode, tlsModes } from '../store/connections.ts'

/** What a request to register or to change a server says; what is absent is undefined. */
export type ConnectionRequest = {
  readonly name: string | undefined
  readonly server: Partial<Omit<RegisteredServer, 'ca'>> & {
    /** Null takes it away. */
    readonly ca?: string | null
  }
  readonly password: string | undefined
}

/** Names stand in paths, and are not to be taken for ids. */
const namePattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}$/
const idPattern = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i
const hostPattern = /^(?=.{1,253}$)([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?\.?)+$/
const maxNameBytes = 63
const maxPasswordLength = 1_000
const maxCertificateLength = 100_000
const members = ['name', 'provider_id', 'config']
const configMembers = ['host', 'port', 'database', 'user', 'password', 'tls', 'ca']

/**
 * Reads the body of a request about a registered server: `name`, and `config` with host, port,
 * database, user, password, tls and ca. Throws invalid_connection with the member's name, never with
 * what it holds.
 */
export function parseConnection(body: unknown): ConnectionRequest {
  const { name, provider_id: provider, config = {} } = readObject(body, 'The body', members)
  if (provider !== undefined && provider !== 'postgres') {
    throw invalid('provider_id must be postgres')
  }
  const given = readObject(config, 'config', configMembers)
  const { password } = given
  if (password !== undefined && !isText(password, maxPasswordLength)) {
    throw invalid('config.password must be a text')
  }
  return {
    name: name === undefined ? undefined : readName(name),
    password,
    server: {
      ...(given.host !== undefined && { host: readHost(given.host) }),
      ...(given.port !== undefined && { port: readPort(given.port) }),
      ...(given.database !== undefined && { database: readIdentifier('database', given.database) }),
      ...(given.user !== undefined && { user: readIdentifier('user', given.user) }),
      ...(given.tls !== undefined && { tls: readTls(given.tls) }),
      ...(given.ca !== undefined && { ca: readCertificates(given.ca) }),
    },
  }
}

/** A whole server of what was said of it, before and now. Throws invalid_connection for what is missing. */
export function completeServer(
  said: ConnectionRequest['server'],
  before?: RegisteredServer,
): RegisteredServer {
  const { ca: caBefore, ...rest } = before ?? {}
  const { ca = caBefore, ...now } = said
  // Whoever says nothing of it gets a log-in that nobody can listen to or answer in the server's place.
  const { host, database, user, port = 5432, tls = 'verify-full' } = { ...rest, ...now }
  if (host === undefined) throw invalid('config.host is missing')
  if (database === undefined) throw invalid('config.database is missing')
  if (user === undefined) throw invalid('config.user is missing')
  return { host, port, database, user, tls, ...(ca !== undefined && ca !== null && { ca }) }
}

export function invalid(sentence: string): AccessError {
  return new AccessError('invalid_connection', { message: sentence })
}

function readObject(
  value: unknown,
  what: string,
  known: readonly string[],
): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(`${what} must be a JSON object`)
  }
  const stranger = Object.keys(value).find((member) => !known.includes(member))
  if (stranger !== undefined) throw invalid(`${what} can have only ${known.join(', ')}`)
  return value as Record<string, unknown>
}

function readName(value: unknown): string {
  if (typeof value === 'string' && namePattern.test(value) && !idPattern.test(value)) return value
  throw invalid(
    'name must be 1 to 63 letters, digits, underscores, hyphens and dots, begin with none of the last two, and not look like an id',
  )
}

function readHost(value: unknown): string {
  if (typeof value === 'string' && (isIP(value) !== 0 || hostPattern.test(value))) return value
  throw invalid('config.host must be a host name or an IP address')
}

function readPort(value: unknown): number {
  const port = typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : value
  if (typeof port === 'number' && Number.isInteger(port) && port >= 1 && port <= 65_535) return port
  throw invalid('config.port must be a whole number from 1 to 65535')
}

function readIdentifier(member: string, value: unknown): string {
  if (isText(value, maxNameBytes) && Buffer.byteLength(value) <= maxNameBytes) return value
  throw invalid(`config.${member} must be a name of at most ${maxNameBytes} bytes`)
}

function readTls(value: unknown): TlsMode {
  const mode = tlsModes.find((known) => known === value)
  if (mode !== undefined) return mode
  throw invalid(`config.tls must be one of ${tlsModes.join(', ')}`)
}

function readCertificates(value: unknown): string | null {
  if (value === null || value === '') return null
  const pem = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g
  const blocks = isText(value, maxCertificateLength) ? (value.match(pem) ?? []) : []
  if (blocks.length === 0 || !blocks.every(isCertificate)) {
    throw invalid('config.ca must be certificates of authorities as PEM')
  }
  return blocks.join('\n')
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0
  } catch {
    return false
  }
}

function isText(value: unknown, maxLength: number): value is string {
  return (
    typeof value === 'string' && value !== '' && value.length <= maxLength && isStorableText(value)
  )
}
