import { expect } from 'vitest'
import type { Postern } from './postern.ts'
import { sendRaw } from './raw-request.ts'
import { type Answer, basic } from './requests.ts'
import type { SignedIn } from './sign-in.ts'

/** An API key as the Auth API shows it. */
export type ApiKey = {
  readonly name: string
  readonly user: { readonly username: string }
  readonly type: string
  readonly token: string
  readonly grants: readonly GrantSection[]
  readonly created_at: string
  readonly updated_at: string
  readonly description?: string
  readonly expires_at?: string
}

export type GrantSection = {
  readonly type: string
  readonly apis?: readonly string[]
  readonly tables?: readonly {
    readonly schema: string
    readonly name: string
    readonly owner?: boolean
    readonly permissions: readonly string[]
  }[]
  readonly schemas?: readonly { readonly name: string; readonly permissions: readonly string[] }[]
  readonly [member: string]: unknown
}

export type KeyList = {
  readonly total: number
  readonly count: number
  readonly result: readonly (ApiKey & { readonly _links: { readonly self: string } })[]
  readonly _links: Readonly<Record<string, { readonly href: string }>>
}

/** Where a client puts its token. */
export type TokenPlace = 'basic' | 'bearer' | 'query'

/** The five endpoints, as one client with one token sees them. */
export type AuthApi = {
  list(parameters?: Record<string, string>): Promise<Answer>
  create(body: unknown, parameters?: Record<string, string>): Promise<Answer>
  show(name: string, parameters?: Record<string, string>): Promise<Answer>
  remove(name: string, parameters?: Record<string, string>): Promise<Answer>
  regenerate(name: string, parameters?: Record<string, string>): Promise<Answer>
}

/** How a client names the account. */
export type AccountPlace = 'path' | 'subdomain'

/** Each way to send a token and each way to name an account; all pairs are in credentials.yaml. */
export const clientWays: readonly (readonly [TokenPlace, AccountPlace])[] = [
  ['basic', 'path'],
  ['query', 'subdomain'],
  ['bearer', 'path'],
]

/** The ways in which somebody who may do everything asks: those, and in the session of an owner. */
export const ownerWays: readonly (readonly [TokenPlace | 'session', AccountPlace])[] = [
  ...clientWays,
  ['session', 'path'],
]

/** What granting something is refused with that the account does not have. */
export const noTables = 'Validation failed: Grants can only grant table permissions you have'
export const noSchemas = 'Validation failed: Grants can only grant schema permissions you have'

/** A client of an account's Auth API; without a token it sends none. */
export function authApi(
  postern: Pick<Postern, 'url'>,
  account: string,
  token?: string,
  place: TokenPlace = 'basic',
  accountPlace: AccountPlace = 'path',
): AuthApi {
  const query: Record<string, string> =
    token !== undefined && place === 'query' ? { api_key: token } : {}
  return client(postern, account, accountPlace, query, headersFor(account, token, place))
}

/** A page of the server's own, in which somebody is signed in. */
export function sessionApi(
  postern: Pick<Postern, 'url'>,
  account: string,
  { headers }: Pick<SignedIn, 'headers'>,
): AuthApi {
  return client(postern, account, 'path', {}, headers)
}

function client(
  { url }: Pick<Postern, 'url'>,
  account: string,
  accountPlace: AccountPlace,
  credential: Readonly<Record<string, string>>,
  sent: Readonly<Record<string, string>>,
): AuthApi {
  const port = Number(new URL(url).port)
  const isOnSubdomain = accountPlace === 'subdomain'
  const prefix = `${isOnSubdomain ? '' : `/user/${account}`}/api/v3/api_keys`
  const call = (
    method: string,
    path: string,
    parameters: Record<string, string>,
    body?: string,
  ) => {
    const query = new URLSearchParams({ ...parameters, ...credential }).toString()
    const headers = {
      ...sent,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(isOnSubdomain && { host: `${account}.localhost:${port}` }),
    }
    // As it is written: `fetch` would choose the host itself.
    return sendRaw(port, {
      method,
      path: `${prefix}${path}${query === '' ? '' : `?${query}`}`,
      headers: Object.entries(headers).flat(),
      ...(body !== undefined && { body }),
    })
  }
  const segment = (name: string) => `/${encodeURIComponent(name)}`
  return {
    list: (parameters = {}) => call('GET', '', parameters),
    create: (body, parameters = {}) =>
      call('POST', '', parameters, typeof body === 'string' ? body : JSON.stringify(body)),
    show: (name, parameters = {}) => call('GET', segment(name), parameters),
    remove: (name, parameters = {}) => call('DELETE', segment(name), parameters),
    regenerate: (name, parameters = {}) =>
      call('POST', `${segment(name)}/token/regenerate`, parameters),
  }
}

function headersFor(
  account: string,
  token: string | undefined,
  place: TokenPlace,
): Record<string, string> {
  if (token === undefined || place === 'query') return {}
  return place === 'basic' ? basic(account, token) : { authorization: `Bearer ${token}` }
}

/** Which APIs a key opens. */
export function apis(...names: string[]): GrantSection {
  return { type: 'apis', apis: names }
}

/** What a key opens in the database; names of tables are of the schema `public`. */
export function database(
  tables: Readonly<Record<string, readonly string[]>> = {},
  more: Readonly<Record<string, unknown>> = {},
): GrantSection {
  return {
    type: 'database',
    tables: Object.entries(tables).map(([name, permissions]) => ({
      schema: 'public',
      name,
      permissions,
    })),
    ...more,
  }
}

/** A right to create tables, as a member of the database section. */
export function creating(...schemas: string[]): Record<string, unknown> {
  return { schemas: schemas.map((name) => ({ name, permissions: ['create'] })) }
}

/** The tables that a key is shown with. */
export function tablesOf(key: ApiKey): NonNullable<GrantSection['tables']> {
  return key.grants.find((section) => section.type === 'database')?.tables ?? []
}

/** The schemas that a key is shown with. */
export function schemasOf(key: ApiKey): NonNullable<GrantSection['schemas']> {
  return key.grants.find((section) => section.type === 'database')?.schemas ?? []
}

/** The one shape of an error, its one string, and what stands beside it. */
export function expectError(
  answer: Answer,
  status: number,
  sentence: string | RegExp,
  cause: string | null = null,
): void {
  expect(answer.status, answer.text).toBe(status)
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
  expect(answer.json()).toEqual({
    errors: typeof sentence === 'string' ? sentence : expect.stringMatching(sentence),
    errors_cause: cause,
  })
}

/** Not authenticated, or not enough: nothing is said, not even how to ask. */
export function expectUnauthorized(answer: Answer): void {
  expect(answer.status, answer.text).toBe(401)
  expect(answer.text).toBe('')
  expect(answer.headers.has('www-authenticate')).toBe(false)
}
