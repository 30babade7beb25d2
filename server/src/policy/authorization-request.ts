import type { Scope } from '../credential/manager.ts'
import { isStorableText } from './storable-text.ts'
import { isScope } from './user-levels.ts'

/** What an application asks of a user: RFC 6749, section 4.1.1, with RFC 7636. */
export type AuthorizationRequest = {
  readonly redirectUri: string
  readonly scopes: readonly Scope[]
  readonly codeChallenge: string
  readonly state: string | undefined
}

/** Why an application gets no code, in the words of OAuth. */
export type AuthorizationRefusal = {
  readonly error:
    | 'invalid_request'
    | 'unsupported_response_type'
    | 'invalid_scope'
    | 'access_denied'
  readonly description: string
}

/** The parameters that a request to authorize may have; whatever else it carries is passed over. */
export const authorizationParameters = [
  'response_type',
  'client_id',
  'redirect_uri',
  'scope',
  'state',
  'code_challenge',
  'code_challenge_method',
] as const

type Client = { readonly redirectUris: readonly string[]; readonly scopes: readonly Scope[] }

/**
 * Where to send the user back to: an address that the client has registered, character by character.
 * Undefined for any other: then nobody is sent anywhere.
 */
export function findRedirectUri(
  parameters: Readonly<Record<string, unknown>>,
  { redirectUris }: Pick<Client, 'redirectUris'>,
): string | undefined {
  return redirectUris.find((uri) => uri === parameters.redirect_uri)
}

/** Reads a request whose client and address are known to be good. */
export function parseAuthorizationRequest(
  parameters: Readonly<Record<string, unknown>>,
  redirectUri: string,
  client: Pick<Client, 'scopes'>,
):
  | { readonly ok: true; readonly request: AuthorizationRequest }
  | { readonly ok: false; readonly refusal: AuthorizationRefusal; readonly state?: string } {
  const state = textOf(parameters.state)
  const refuse = (error: AuthorizationRefusal['error'], description: string) =>
    ({
      ok: false,
      refusal: { error, description },
      ...(state !== undefined && { state }),
    }) as const
  for (const name of authorizationParameters) {
    const value = parameters[name]
    if (value !== undefined && textOf(value) === undefined) {
      return refuse('invalid_request', `${name} must be sent once, as a text.`)
    }
  }
  if (parameters.response_type !== 'code') {
    return refuse('unsupported_response_type', 'response_type must be code.')
  }
  const { code_challenge: codeChallenge, code_challenge_method: method } = parameters
  if (method !== 'S256') return refuse('invalid_request', 'code_challenge_method must be S256.')
  if (typeof codeChallenge !== 'string' || !/^[A-Za-z0-9_-]{43}$/.test(codeChallenge)) {
    return refuse('invalid_request', 'code_challenge must be the SHA-256 of a verifier.')
  }
  const wanted = textOf(parameters.scope)?.split(' ').filter(Boolean) ?? []
  const scopes = wanted.length === 0 ? client.scopes : wanted.filter(isScope)
  if (scopes.length < wanted.length || !scopes.every((scope) => client.scopes.includes(scope))) {
    return refuse('invalid_scope', 'The client may ask for no such scope.')
  }
  return {
    ok: true,
    request: { redirectUri, scopes: [...new Set(scopes)], codeChallenge, state },
  }
}

/** The registered address with an answer added to what it says itself. */
export function answerAddress(
  redirectUri: string,
  answer: Readonly<Record<string, string | undefined>>,
): string {
  const url = new URL(redirectUri)
  for (const [name, value] of Object.entries(answer)) {
    if (value !== undefined) url.searchParams.append(name, value)
  }
  return url.href
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && isStorableText(value) ? value : undefined
}
