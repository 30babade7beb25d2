import type { Api } from '../credential/principal.ts'
import type { Queryable } from './database.ts'

/** A key by the role that it logs in as. */
export type KeyOfRole = {
  readonly role: string
  readonly name: string
  readonly apis: readonly Api[]
  readonly expiresAt: Date | null
}

/** The active regular keys of an account that log in as these roles, by name. */
export async function listKeysOfRoles(
  store: Queryable,
  accountId: string,
  roles: readonly string[],
): Promise<KeyOfRole[]> {
  const { rows } = await store.query<KeyOfRole>(
    `select role, name, grants -> 'apis' as apis, expires_at as "expiresAt" from api_key
     where account_id = $1 and type = 'regular' and state = 'active' and role = any ($2::text[])
     order by name`,
    [accountId, roles],
  )
  return rows
}

/** A grant by which a token may reach a table. */
export type TokenReach = {
  readonly tokenId: string
  readonly tokenName: string
  readonly userId: string
  readonly apis: readonly Api[]
  readonly expiresAt: Date | null
  readonly referers: readonly string[]
  readonly kind: 'table' | 'wildcard' | 'all' | 'query'
  readonly source: string
}

/**
 * What the active tokens of an account were granted on a connection that may reach a table: what PostgreSQL
 * lets one of these roles read, and patterns of names that cover it, which go on to what is made
 * later. By name of the token, in the order of its grants.
 */
export async function listTokenReaches(
  store: Queryable,
  asked: {
    readonly accountId: string
    readonly connectionId: string
    readonly schema: string
    readonly name: string
    readonly roles: readonly string[]
  },
): Promise<TokenReach[]> {
  const { rows } = await store.query<TokenReach>(
    `select t.id as "tokenId", t.name as "tokenName", t.user_id as "userId", t.allowed_apis as apis,
       t.expires_at as "expiresAt", t.referers, g.kind, g.source
     from access_token t join access_token_grant g on g.token_id = t.id
     where t.account_id = $1 and t.state = 'active' and g.connection_id = $2 and (
       g.kind = 'all'
       or (g.kind = 'wildcard' and g.schema_name = $3 and starts_with($4, g.relation_name))
       or (g.kind = 'table' and g.schema_name = $3 and g.relation_name = $4
         and g.role = any ($5::text[]))
       or (g.kind = 'query' and g.role = any ($5::text[])))
     order by t.name, t.id, g.position`,
    [asked.accountId, asked.connectionId, asked.schema, asked.name, asked.roles],
  )
  return rows
}
