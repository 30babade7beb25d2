import { AccessError } from '../errors.ts'

/** Where a credential was found. */
export type CredentialPlace = 'basic' | 'bearer' | 'query' | 'body' | 'cookie'

/** What a request carries to prove who is asking. An empty token asks for the default public key. */
export type Credential = {
  readonly token: string
  readonly place: CredentialPlace
  /** The user name of HTTP Basic: it names an account, and has to be the right one. */
  readonly basicUser: string | undefined
}

/** The parameter names that carry a token in a query string or a body, in order of precedence. */
export const tokenParameters = ['api_key', 'map_key', 'access_token'] as const

/**
 * Finds the one credential of a request: `Authorization` (Basic or Bearer), then the query string,
 * then the body, then the cookie of a session. What loses lends nothing. Undefined when there is none.
 * Throws malformed_authorization when an `Authorization` header cannot be understood: it is never
 * taken for "no credential".
 */
export function readCredential(request: {
  /** Every `Authorization` header of the request. */
  readonly authorization: readonly string[]
  readonly query: unknown
  readonly body: unknown
  /** The token in the cookie of a session; absent where cookies are for nobody to read. */
  readonly cookie?: string | undefined
}): Credential | undefined {
  const [header, ...more] = request.authorization
  if (more.length > 0) throw new AccessError('malformed_authorization')
  if (header !== undefined) return readAuthorization(header)
  const { query, body, cookie } = request
  const sent = readParameters(query, 'query') ?? readParameters(body, 'body')
  if (sent !== undefined || cookie === undefined) return sent
  return { token: cookie, place: 'cookie', basicUser: undefined }
}

function readAuthorization(header: string): Credential {
  const match = /^(basic|bearer) +([^ ]+) *$/i.exec(header)
  const value = match?.[2]
  if (value === undefined) throw new AccessError('malformed_authorization')
  if (match?.[1]?.toLowerCase() === 'bearer') {
    return { token: value, place: 'bearer', basicUser: undefined }
  }
  // RFC 7617: user-id, a colon, password. The user-id holds no colon; the password may.
  const decoded = decodeBase64(value)
  const colon = decoded?.indexOf(':') ?? -1
  if (decoded === undefined || colon < 0) throw new AccessError('malformed_authorization')
  return {
    token: decoded.slice(colon + 1),
    place: 'basic',
    basicUser: decoded.slice(0, colon),
  }
}

/** Strict: Buffer.from would skip whatever is not Base64. */
function decodeBase64(text: string): string | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined
  const bytes = Buffer.from(text, 'base64')
  if (bytes.toString('base64').replace(/=+$/, '') !== text.replace(/=+$/, '')) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function readParameters(source: unknown, place: 'query' | 'body'): Credential | undefined {
  if (typeof source !== 'object' || source === null || Array.isArray(source)) return undefined
  for (const name of tokenParameters) {
    // Contract, SQL API: `api_key[]=TOKEN` works as well.
    for (const key of [name, `${name}[]`]) {
      const value = Object.hasOwn(source, key) ? (source as Record<string, unknown>)[key] : ''
      if (value === '' || value === null || value === undefined) continue
      return { token: tokenOf(value), place, basicUser: undefined }
    }
  }
  return undefined
}

function tokenOf(value: unknown): string {
  const only = Array.isArray(value) && value.length === 1 ? value[0] : value
  if (typeof only === 'string' || typeof only === 'number') return String(only)
  // Sent twice, or as an object: not a token, and not nothing either.
  return 'not-a-token'
}
