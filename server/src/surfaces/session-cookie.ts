import { createHmac, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { accountOfHost } from '../credential/name-account.ts'
import { AccessError } from '../errors.ts'
import { listHeader } from './list-header.ts'

/** As long as a session can last. */
const maxAgeSeconds = 7 * 24 * 60 * 60

/** Where pages of this server are: at its public address, and at its hosts and accounts' subdomains. */
export type OwnAddress = {
  readonly publicUrl: () => string
  readonly ownHosts: () => readonly string[]
}

/**
 * The name of the cookie. With TLS a browser takes it only from this very host, and never sends it
 * without: no neighbouring host can put one of its own in place.
 */
function cookieName(publicUrl: string): string {
  return isSecure(publicUrl) ? '__Host-postern_session' : 'postern_session'
}

/** The token in the cookie of a session; undefined when there is none. Throws when there are two. */
export function readSessionCookie(
  request: Pick<FastifyRequest, 'raw'>,
  publicUrl: string,
): string | undefined {
  const start = `${cookieName(publicUrl)}=`
  const [value, ...more] = listHeader(request.raw, 'cookie')
    .flatMap((header) => header.split(';'))
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(start))
    .map((pair) => pair.slice(start.length))
  // One of them was put there by somebody else, and nothing says which.
  if (more.length > 0) throw new AccessError('invalid_credential')
  return value || undefined
}

/** The `Set-Cookie` that hands a browser its session; without a token it takes it away. */
export function sessionCookie(publicUrl: string, token: string | undefined): string {
  return [
    `${cookieName(publicUrl)}=${token ?? ''}`,
    'Path=/',
    `Max-Age=${token === undefined ? 0 : maxAgeSeconds}`,
    'HttpOnly',
    'SameSite=Lax',
    ...(isSecure(publicUrl) ? ['Secure'] : []),
  ].join('; ')
}

/** What a page proves with that it can read answers to its session, which pages of other sites cannot. */
export function csrfTokenOf(sessionToken: string): string {
  return createHmac('sha256', sessionToken).update('csrf').digest('base64url')
}

/**
 * Throws foreign_request unless a request that changes something comes from a page that knows its
 * session's token: in the header `X-CSRF-Token`, or in a form's field `csrf_token`.
 */
export function mustKnowCsrfToken(request: FastifyRequest, sessionToken: string): void {
  if (['GET', 'HEAD', 'OPTIONS'].includes(request.method)) return
  const inBody = (request.body as { csrf_token?: unknown } | null | undefined)?.csrf_token
  const sent = request.headers['x-csrf-token'] ?? inBody
  const expected = Buffer.from(csrfTokenOf(sessionToken))
  const given = Buffer.from(typeof sent === 'string' ? sent : '')
  if (given.length === expected.length && timingSafeEqual(given, expected)) return
  throw new AccessError('foreign_request')
}

/**
 * Throws foreign_request when a page of another site has sent this request. Browsers say which page
 * has with everything that is not a plain reading; programs say nothing, and carry no cookies of a
 * user who does not know.
 */
export function mustNotBeForeign(request: FastifyRequest, own: OwnAddress): void {
  for (const origin of listHeader(request.raw, 'origin')) {
    if (!isOwnOrigin(origin, own)) throw new AccessError('foreign_request')
  }
}

function isOwnOrigin(origin: string, { publicUrl, ownHosts }: OwnAddress): boolean {
  if (!URL.canParse(origin)) return false
  const url = new URL(origin)
  const own = new URL(publicUrl())
  if (url.protocol !== own.protocol || url.port !== own.port) return false
  const hosts = [own.hostname, ...ownHosts()]
  return hosts.includes(url.hostname) || accountOfHost(url.hostname, hosts) !== undefined
}

function isSecure(publicUrl: string): boolean {
  return publicUrl.startsWith('https:')
}
