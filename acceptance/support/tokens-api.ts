import type { AccountCredentials, Postern } from './postern.ts'
import { type Answer, send } from './requests.ts'

export type AccessToken = {
  readonly id: string
  readonly token: string
  readonly name: string
  readonly allowed_apis: readonly string[]
  readonly grants: readonly { readonly connection_name: string; readonly source: string }[]
  readonly referers: readonly string[]
  readonly expiration_date: string | null
  readonly notes?: readonly string[]
  readonly last_used_at: string | null
}

/** The Tokens API as a manager calls it: with the master key, or whatever bearer is given. */
export function tokensApi(postern: Postern, bearer: string) {
  const ask = async (method: string, path: string, body?: unknown): Promise<Answer> => {
    const answer = await send(`${postern.url}/v3/tokens${path}`, {
      method,
      headers: {
        authorization: `Bearer ${bearer}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const { token } = (answer.text.startsWith('{') ? answer.json() : {}) as {
      token?: string | null
    }
    if (typeof token === 'string') postern.keepSecret(token)
    return answer
  }
  return {
    create: (body: unknown) => ask('POST', '', body),
    check: (body: unknown) => ask('POST', '/check', body),
    list: (query = '') => ask('GET', query),
    get: (tokenOrId: string) => ask('GET', `/${tokenOrId}`),
    edit: (tokenOrId: string, body: unknown) => ask('PATCH', `/${tokenOrId}`, body),
    remove: (tokenOrId: string) => ask('DELETE', `/${tokenOrId}`),
  }
}

/** Grants on the account's own database, by their sources. */
export const on = (...sources: readonly string[]) =>
  sources.map((source) => ({ connection_name: 'default', source }))

/** Makes an access token with the master key; throws with the answer when that fails. */
export async function createToken(
  postern: Postern,
  owner: AccountCredentials,
  body: Record<string, unknown>,
): Promise<AccessToken> {
  const answer = await tokensApi(postern, owner.master_key).create(body)
  if (answer.status !== 201) throw new Error(`POST tokens: ${answer.status} ${answer.text}`)
  return answer.json<AccessToken>()
}
