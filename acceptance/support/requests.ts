import type { AccountCredentials, Postern } from './postern.ts'

/** Credentials of HTTP Basic. */
export function basic(account: string, token: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${account}:${token}`).toString('base64')}` }
}

export type Answer = {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body as JSON; throws when it is not. */
  json<T = Record<string, unknown>>(): T
}

/** Sends a request and reads the whole answer. */
export async function send(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, init)
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: <T>() => JSON.parse(text) as T,
  }
}

/** Runs SQL on an account with a token, or as the public when there is none. */
export function sql(
  { url }: Pick<Postern, 'url'>,
  account: string,
  q: string,
  token?: string,
  parameters: Record<string, string> = {},
): Promise<Answer> {
  return send(`${url}/user/${account}/api/v2/sql`, {
    method: 'POST',
    headers: token === undefined ? {} : basic(account, token),
    body: new URLSearchParams({ q, ...parameters }),
  })
}

export type TableGrant = {
  readonly schema?: string
  readonly name: string
  readonly permissions: readonly string[]
}

export type CreatedKey = { readonly name: string; readonly token: string }

let keysMade = 0

/** Makes a regular key through the Auth API; throws with the answer when that fails. */
export async function createKey(
  postern: Postern,
  owner: AccountCredentials,
  grants: {
    readonly apis?: readonly string[]
    readonly tables?: readonly TableGrant[]
    readonly create?: readonly string[]
    readonly name?: string
  },
): Promise<CreatedKey> {
  keysMade += 1
  const name = grants.name ?? `key ${keysMade}`
  const answer = await send(`${postern.url}/user/${owner.account}/api/v3/api_keys`, {
    method: 'POST',
    headers: { ...basic(owner.account, owner.master_key), 'content-type': 'application/json' },
    body: JSON.stringify({
      name,
      grants: [
        { type: 'apis', apis: grants.apis ?? ['sql', 'maps'] },
        {
          type: 'database',
          tables: (grants.tables ?? []).map((table) => ({ schema: 'public', ...table })),
          schemas: (grants.create ?? []).map((schema) => ({
            name: schema,
            permissions: ['create'],
          })),
        },
      ],
    }),
  })
  if (answer.status !== 201) throw new Error(`POST api_keys: ${answer.status} ${answer.text}`)
  const key = answer.json<CreatedKey>()
  postern.keepSecret(key.token)
  return key
}

/** Deletes a key through the Auth API; throws with the answer when that fails. */
export async function deleteKey(
  { url }: Pick<Postern, 'url'>,
  owner: AccountCredentials,
  name: string,
): Promise<void> {
  const answer = await send(keyUrl(url, owner, name), {
    method: 'DELETE',
    headers: basic(owner.account, owner.master_key),
  })
  if (answer.status !== 204) throw new Error(`DELETE ${name}: ${answer.status} ${answer.text}`)
}

/** Replaces the token of a key; throws with the answer when that fails. */
export async function regenerateKey(
  postern: Postern,
  owner: AccountCredentials,
  name: string,
): Promise<CreatedKey> {
  const answer = await send(`${keyUrl(postern.url, owner, name)}/token/regenerate`, {
    method: 'POST',
    headers: basic(owner.account, owner.master_key),
  })
  if (answer.status !== 200) throw new Error(`regenerate ${name}: ${answer.status} ${answer.text}`)
  const key = answer.json<CreatedKey>()
  postern.keepSecret(key.token)
  return key
}

function keyUrl(url: string, { account }: AccountCredentials, name: string): string {
  return `${url}/user/${account}/api/v3/api_keys/${encodeURIComponent(name)}`
}
