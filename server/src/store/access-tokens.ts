import type { TokenApi } from '../credential/principal.ts'
import type { AccountSettings } from './accounts.ts'
import { answeredSoon, type Queryable } from './database.ts'
import type { LoadedSourceGrant } from './source-grants.ts'

export type AccessTokenState = 'pending' | 'active' | 'deleting'

/** An API access token without its secrets: safe to log. */
export type AccessToken = {
  readonly id: string
  readonly accountId: string
  /** Whose it is: nobody else sees it. */
  readonly userId: string
  readonly name: string
  readonly state: AccessTokenState
  readonly allowedApis: readonly TokenApi[]
  /** Origins that it may be used from; empty for any. */
  readonly referers: readonly string[]
  /** From then on it opens nothing; null for never. */
  readonly expiresAt: Date | null
  readonly createdAt: Date
  readonly updatedAt: Date
}

export type AccessTokenSecrets = {
  readonly secretKeyId: string
  readonly tokenIndex: Buffer
  /** Absent where tokens are shown once. */
  readonly tokenEnvelope: Buffer | undefined
  /** The key-ring key that the index was made with, where it is not the one of the envelope. */
  readonly indexKeyId?: string | null
}

const columns = `t.id, t.account_id as "accountId", t.user_id as "userId", t.name, t.state,
  t.allowed_apis as "allowedApis", t.referers, t.expires_at as "expiresAt",
  t.created_at as "createdAt", t.updated_at as "updatedAt"`

const secretColumns = `t.secret_key_id as "secretKeyId", t.token_index as "tokenIndex",
  t.token_envelope as "tokenEnvelope", t.index_key_id as "indexKeyId"`

/** Throws a unique violation (23505, constraint access_token_name) when the user has one of this name. */
export async function insertAccessToken(
  store: Queryable,
  token: AccessToken,
  secrets: AccessTokenSecrets,
): Promise<void> {
  await store.query(
    `insert into access_token (id, account_id, user_id, name, state, allowed_apis, referers,
       expires_at, created_at, updated_at, secret_key_id, token_index, token_envelope)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
    [
      token.id,
      token.accountId,
      token.userId,
      token.name,
      token.state,
      token.allowedApis,
      token.referers,
      token.expiresAt,
      token.createdAt,
      token.updatedAt,
      secrets.secretKeyId,
      secrets.tokenIndex,
      secrets.tokenEnvelope ?? null,
    ],
  )
}

/** A token as authentication needs it, and the epoch that this view is complete to. */
export type VerifiableAccessToken = AccessToken &
  Pick<AccountSettings, 'engineEnabled' | 'requestsPerSecond'> & {
    readonly accountName: string
    readonly database: string
    readonly sources: readonly LoadedSourceGrant[]
    readonly epoch: number
  }

const verifiableSelect = `select ${columns}, a.engine_enabled as "engineEnabled",
    a.requests_per_second as "requestsPerSecond", a.name as "accountName", a.database,
    (select coalesce(json_agg(json_build_object(
         'connectionId', g.connection_id, 'kind', g.kind, 'source', g.source,
         'schemaName', g.schema_name, 'relationName', g.relation_name,
         'statement', g.statement, 'fingerprint', g.fingerprint, 'role', g.role,
         'namedSourceId', g.named_source_id,
         'connectionName', c.name, 'isDefault', c.is_default,
         'connectionDatabase', c.config ->> 'database') order by g.position), '[]')
     from access_token_grant g join connection c on c.id = g.connection_id
     where g.token_id = t.id) as sources,
    (select value from epoch)::float8 as epoch
  from access_token t join account a on a.id = t.account_id
  where t.state = 'active' and a.state = 'active'`

/** The active token that one of these token indexes belongs to: one index per key-ring key in use. */
export async function findAccessTokenByIndex(
  store: Queryable,
  tokenIndexes: readonly Buffer[],
): Promise<VerifiableAccessToken | undefined> {
  const { rows } = await store.query<VerifiableAccessToken>(
    answeredSoon({
      name: 'find-access-token-by-index',
      text: `${verifiableSelect} and t.token_index = any ($1::bytea[])`,
      values: [tokenIndexes],
    }),
  )
  return rows[0]
}

/** An active token by its id. */
export async function findVerifiableAccessToken(
  store: Queryable,
  id: string,
): Promise<VerifiableAccessToken | undefined> {
  const { rows } = await store.query<VerifiableAccessToken>(`${verifiableSelect} and t.id = $1`, [
    id,
  ])
  return rows[0]
}

/**
 * Whether a token is still the one that was verified, neither ended nor expired nor edited. Holds it
 * so until the transaction ends.
 */
export async function isAccessTokenStillIssued(
  transaction: Queryable,
  id: string,
  issuedAtMs: number,
): Promise<boolean> {
  const { rowCount } = await transaction.query(
    `select from access_token
     where id = $1 and state = 'active' and updated_at = to_timestamp($2::float8 / 1000)
       and (expires_at is null or expires_at > clock_timestamp())
     for share`,
    [id, issuedAtMs],
  )
  return rowCount === 1
}

/** A token of this user by its id; with `name`, by its name. */
export async function findAccessToken(
  store: Queryable,
  owner: { readonly accountId: string; readonly userId: string },
  by:
    | { readonly id: string }
    | { readonly name: string }
    | { readonly tokenIndexes: readonly Buffer[] },
  states: readonly AccessTokenState[] = ['active'],
): Promise<(AccessToken & AccessTokenSecrets) | undefined> {
  const [condition, value] =
    'id' in by
      ? ['t.id = $4::uuid', by.id]
      : 'name' in by
        ? ['t.name = $4', by.name]
        : ['t.token_index = any ($4::bytea[])', by.tokenIndexes]
  const { rows } = await store.query<AccessToken & AccessTokenSecrets>(
    `select ${columns}, ${secretColumns} from access_token t
     where t.account_id = $1 and t.user_id = $2 and t.state = any ($3::text[]) and ${condition}
     order by t.created_at limit 1`,
    [owner.accountId, owner.userId, states, value],
  )
  return rows[0]
}

/** A page of a user's active tokens, the newest first, and how many there are in all. */
export async function listAccessTokens(
  store: Queryable,
  owner: { readonly accountId: string; readonly userId: string },
  page: { readonly limit: number; readonly offset: number },
): Promise<{ total: number; tokens: (AccessToken & AccessTokenSecrets)[] }> {
  const mine = `t.account_id = $1 and t.user_id = $2 and t.state = 'active'`
  const { rows: counted } = await store.query<{ total: number }>(
    `select count(*)::float8 as total from access_token t where ${mine}`,
    [owner.accountId, owner.userId],
  )
  const { rows } = await store.query<AccessToken & AccessTokenSecrets>(
    `select ${columns}, ${secretColumns} from access_token t where ${mine}
     order by t.created_at desc, t.id limit $3 offset $4`,
    [owner.accountId, owner.userId, page.limit, page.offset],
  )
  return { total: counted[0]?.total ?? 0, tokens: rows }
}

/** Tokens of an account in any state. */
export async function listAllAccessTokens(
  store: Queryable,
  accountId: string,
): Promise<AccessToken[]> {
  const { rows } = await store.query<AccessToken>(
    `select ${columns} from access_token t where t.account_id = $1 order by t.id`,
    [accountId],
  )
  return rows
}

/** How many tokens a user has or is about to have. */
export async function countAccessTokens(store: Queryable, userId: string): Promise<number> {
  const { rows } = await store.query<{ count: number }>(
    `select count(*)::float8 as count from access_token where user_id = $1 and state <> 'deleting'`,
    [userId],
  )
  return rows[0]?.count ?? 0
}

/** Up to `limit` tokens whose secrets were made with another key than this one. */
export async function listAccessTokensSealedOtherwise(
  store: Queryable,
  secretKeyId: string,
  limit: number,
): Promise<({ id: string } & AccessTokenSecrets)[]> {
  const { rows } = await store.query<{ id: string } & AccessTokenSecrets>(
    `select t.id, ${secretColumns} from access_token t where t.secret_key_id <> $1
     order by t.id limit $2`,
    [secretKeyId, limit],
  )
  return rows
}

/** Does nothing and says false when the token is not sealed as it was when it was read. */
export async function updateAccessTokenSecrets(
  store: Queryable,
  id: string,
  before: Pick<AccessTokenSecrets, 'secretKeyId' | 'tokenEnvelope'>,
  secrets: AccessTokenSecrets,
): Promise<boolean> {
  const { rowCount } = await store.query(
    `update access_token set secret_key_id = $3, token_index = $4, token_envelope = $5,
       index_key_id = $6
     where id = $1 and secret_key_id = $2 and token_envelope is not distinct from $7`,
    [
      id,
      before.secretKeyId,
      secrets.secretKeyId,
      secrets.tokenIndex,
      secrets.tokenEnvelope ?? null,
      secrets.indexKeyId ?? null,
      before.tokenEnvelope ?? null,
    ],
  )
  return rowCount === 1
}

/**
 * Holds the row until the transaction ends: the reconciler leaves rows alone that somebody holds.
 * False when it is not in one of these states any more.
 */
export async function lockAccessToken(
  transaction: Queryable,
  id: string,
  states: readonly AccessTokenState[],
): Promise<boolean> {
  const { rowCount } = await transaction.query(
    'select from access_token where id = $1 and state = any ($2::text[]) for update',
    [id, states],
  )
  return rowCount === 1
}

/** Locks an active token unless somebody else holds it; false then. */
export async function lockIdleAccessToken(transaction: Queryable, id: string): Promise<boolean> {
  const { rowCount } = await transaction.query(
    `select from access_token where id = $1 and state = 'active' for update skip locked`,
    [id],
  )
  return rowCount === 1
}

export async function updateAccessTokenState(
  transaction: Queryable,
  id: string,
  state: AccessTokenState,
): Promise<boolean> {
  const { rowCount } = await transaction.query(
    'update access_token set state = $2 where id = $1 and state <> $2',
    [id, state],
  )
  return rowCount === 1
}

/**
 * Changes what may be edited. Throws a unique violation (23505, constraint access_token_name) when the
 * user has another token of this name.
 */
export async function updateAccessToken(
  transaction: Queryable,
  token: Pick<AccessToken, 'id' | 'name' | 'allowedApis' | 'referers' | 'updatedAt'>,
): Promise<void> {
  await transaction.query(
    `update access_token set name = $2, allowed_apis = $3, referers = $4, updated_at = $5
     where id = $1`,
    [token.id, token.name, token.allowedApis, token.referers, token.updatedAt],
  )
}

export async function deleteAccessTokenRow(store: Queryable, id: string): Promise<void> {
  await store.query('delete from access_token where id = $1', [id])
}

/** Tokens in these states that nobody is working on; locks them. */
export async function listAbandonedAccessTokens(
  store: Queryable,
  states: readonly AccessTokenState[],
): Promise<AccessToken[]> {
  const { rows } = await store.query<AccessToken>(
    `select ${columns} from access_token t where t.state = any ($1::text[]) order by t.id
     for update skip locked`,
    [states],
  )
  return rows
}

/** The active tokens that grant a named source, with `otherThan` those for which something else runs. */
export async function listTokensGranting(
  store: Queryable,
  namedSourceId: string,
  otherThan: string | null,
): Promise<AccessToken[]> {
  const { rows } = await store.query<AccessToken>(
    `select ${columns} from access_token t
     where t.state = 'active' and exists (
       select from access_token_grant g
       where g.token_id = t.id and g.named_source_id = $1
         and ($2::text is null or g.statement <> $2))
     order by t.id`,
    [namedSourceId, otherThan],
  )
  return rows
}

/** The active tokens that are granted something on a connection. */
export async function listTokensOn(store: Queryable, connectionId: string): Promise<AccessToken[]> {
  const { rows } = await store.query<AccessToken>(
    `select ${columns} from access_token t
     where t.state = 'active' and exists (
       select from access_token_grant g where g.token_id = t.id and g.connection_id = $1)
     order by t.id`,
    [connectionId],
  )
  return rows
}
