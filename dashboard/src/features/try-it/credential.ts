/** What a request can be tried with. */
export type Credential =
  | {
      readonly id: string
      readonly kind: 'api_key'
      readonly name: string
      readonly type: 'master' | 'default' | 'regular'
      /** Null: it is not told, and has to be pasted. */
      readonly token: string | null
    }
  | {
      readonly id: string
      readonly kind: 'access_token'
      readonly name: string
      readonly tokenId: string
      readonly token: string | null
      /** The sites that it may be used from; none: any. */
      readonly referers: readonly string[]
    }

/** What stands for a credential that is in no list. */
export const pastedId = 'pasted'

/** What the server is asked about: a credential by its name, or the token that was pasted. */
export function askedCredential(credential: Credential | undefined, token: string) {
  if (credential === undefined) return { token }
  return credential.kind === 'api_key'
    ? { api_key: credential.name }
    : { access_token: credential.tokenId }
}

/** Whether a token is an access token: what it is asked with, and where, is another. */
export function isAccessToken(token: string): boolean {
  return token.startsWith('pstt')
}

/** Whether a token with these sites may be used from an origin: none are all, `*.` is any subdomain. */
export function mayBeUsedFrom(referers: readonly string[], origin: string): boolean {
  if (referers.length === 0) return true
  return referers.some((referer) => {
    if (!referer.includes('://*.')) return referer === origin
    const [scheme = '', domain = ''] = referer.split('://*')
    return origin.startsWith(`${scheme}://`) && origin.endsWith(domain)
  })
}
