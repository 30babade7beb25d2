import type { FastifyRequest } from 'fastify'
import { AccessError } from '../../errors.ts'
import { listHeader } from '../list-header.ts'

/** The fields of a request to a token endpoint, each a text that was sent once. */
export type OAuthFields = Readonly<Record<string, string | undefined>>

const names = [
  'grant_type',
  'client_id',
  'client_secret',
  'scope',
  'code',
  'redirect_uri',
  'code_verifier',
  'refresh_token',
  'token',
] as const

/** Reads a form or a JSON object; whatever else it has is passed over. Throws oauth_invalid_request. */
export function readOAuthFields(body: unknown): OAuthFields {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new AccessError('oauth_invalid_request', { message: 'The body must be a form or JSON.' })
  }
  const fields: Record<string, string | undefined> = {}
  for (const name of names) {
    const value = Object.hasOwn(body, name) ? (body as Record<string, unknown>)[name] : undefined
    if (value === undefined || value === null || value === '') continue
    if (typeof value !== 'string') {
      throw new AccessError('oauth_invalid_request', {
        message: `${name} must be sent once, as a text.`,
      })
    }
    fields[name] = value
  }
  return fields
}

/**
 * Who a request says it comes from: RFC 6749, section 2.3.1. Throws oauth_invalid_client when it does not
 * say so, oauth_invalid_request when it does in two ways.
 */
export function readClientCredentials(
  request: FastifyRequest,
  fields: OAuthFields,
): { readonly id: string; readonly secret: string | undefined } {
  const { client_id: id, client_secret: secret } = fields
  const [header, ...more] = listHeader(request.raw, 'authorization')
  if (header === undefined) {
    if (id === undefined) throw new AccessError('oauth_invalid_client')
    return { id, secret }
  }
  const decoded = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(header)?.[1]
  const text = Buffer.from(decoded ?? '', 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (more.length > 0 || colon < 0) throw new AccessError('oauth_invalid_client')
  const [basicId, basicSecret] = [text.slice(0, colon), text.slice(colon + 1)].map(decodeForm)
  if (basicId === undefined || basicSecret === undefined) {
    throw new AccessError('oauth_invalid_client')
  }
  if (secret !== undefined || (id !== undefined && id !== basicId)) {
    throw new AccessError('oauth_invalid_request', {
      message: 'The client must say who it is in one way.',
    })
  }
  return { id: basicId, secret: basicSecret }
}

/** Both parts of the header are written as forms are. */
function decodeForm(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}
