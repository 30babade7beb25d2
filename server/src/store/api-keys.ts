import type { Api, ApiKeyType } from '../credential/principal.ts'
import type { AccountSettings } from './accounts.ts'
import { answeredSoon, type Queryable } from './database.ts'

export type ApiKeyState = 'pending' | 'active' | 'deleting'

/** The grants as they were accepted at creation, in the words of the wire. */
export type StoredGrants = {
  readonly apis: readonly Api[]
  /** True when some grant lets the key change data or create tables. */
  readonly mayWrite: boolean
  readonly tableMetadata: boolean
  readonly services: readonly string[]
  readonly userData: readonly string[]
  readonly datasets: readonly string[]
}

/** An API key without its secrets: safe to log. */
export type ApiKey = {
  readonly id: string
  readonly accountId: string
  readonly name: string
  readonly type: ApiKeyType
  readonly state: ApiKeyState
  readonly role: string
  readonly grants: StoredGrants
  /** The owner's own words about the key. */
  readonly description: string | null
  /** From then on the key opens nothing; null for never. */
  readonly expiresAt: Date | null
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** What is kept of a key's secrets: an index to find the token by, and sealed envelopes. */
export type ApiKeySecrets = {
  readonly secretKeyId: string
  readonly tokenIndex: Buffer | undefined
  /** Absent for the default key, and where tokens are shown once. */
  readonly tokenEnvelope: Buffer | undefined
  readonly passwordEnvelope: Buffer
  /** The key-ring key that the index was made with, where it is not the one of the envelopes. */
  readonly indexKeyId?: string | null
}

const columns = `id, account_id as "accountId", name, type, state, role, grants, description,
  expires_at as "expiresAt", created_at as "createdAt", updated_at as "updatedAt"`

const secretColumns = `secret_key_id as "secretKeyId", token_index as "tokenIndex",
  token_envelope as "tokenEnvelope", password_envelope as "passwordEnvelope",
  index_key_id as "indexKeyId"`

/** Throws a unique violation (23505, constraint api_key_name) when the account has a key of this name. */
export async function insertApiKey(
  store: Queryable,
  key: ApiKey,
  secrets: ApiKeySecrets,
): Promise<void> {
  await store.query(
    `insert into api_key (id, account_id, name, type, state, role, grants, created_at, updated_at,
       secret_key_id, token_index, token_envelope, password_envelope, description, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7::jsonb, $8, $9, $10, $11, $12, $13, $14, $15)`,
    [
      key.id,
      key.accountId,
      key.name,
      key.type,
      key.state,
      key.role,
      JSON.stringify(key.grants),
      key.createdAt,
      key.updatedAt,
      secrets.secretKeyId,
      secrets.tokenIndex ?? null,
      secrets.tokenEnvelope ?? null,
      secrets.passwordEnvelope,
      key.description,
      key.expiresAt,
    ],
  )
}

/** A key as authentication needs it, with its account, and the epoch that this view is complete to. */
export type VerifiableApiKey = ApiKey &
  Pick<AccountSettings, 'engineEnabled' | 'masterOnData' | 'requestsPerSecond'> & {
    readonly accountName: string
    readonly database: string
    readonly epoch: number
  }

const verifiableSelect = `select k.id, k.account_id as "accountId", k.name, k.type, k.state, k.role,
    k.grants, k.description, k.expires_at as "expiresAt", k.created_at as "createdAt",
    k.updated_at as "updatedAt", a.engine_enabled as "engineEnabled",
    a.master_on_data as "masterOnData",
    a.requests_per_second as "requestsPerSecond",
    a.name as "accountName", a.database, (select value from epoch)::float8 as epoch
  from api_key k join account a on a.id = k.account_id
  where k.state = 'active' and a.state = 'active'`

/** An active key of an account by its name, as authentication needs it. */
export async function findVerifiableApiKeyByName(
  store: Queryable,
  accountId: string,
  name: string,
): Promise<VerifiableApiKey | undefined> {
  const { rows } = await store.query<VerifiableApiKey>(
    `${verifiableSelect} and k.account_id = $1 and k.name = $2`,
    [accountId, name],
  )
  return rows[0]
}

/** The active key that one of these token indexes belongs to: one index per key-ring key in use. */
export async function findApiKeyByTokenIndex(
  store: Queryable,
  tokenIndexes: readonly Buffer[],
): Promise<VerifiableApiKey | undefined> {
  const { rows } = await store.query<VerifiableApiKey>(
    answeredSoon({
      name: 'find-api-key-by-token-index',
      text: `${verifiableSelect} and k.token_index = any ($1::bytea[])`,
      values: [tokenIndexes],
    }),
  )
  return rows[0]
}

/** An active key by its id. */
export async function findVerifiableApiKey(
  store: Queryable,
  id: string,
): Promise<VerifiableApiKey | undefined> {
  const { rows } = await store.query<VerifiableApiKey>(`${verifiableSelect} and k.id = $1`, [id])
  return rows[0]
}

/** The default public key of an account. */
export async function findDefaultApiKey(
  store: Queryable,
  accountName: string,
): Promise<VerifiableApiKey | undefined> {
  const { rows } = await store.query<VerifiableApiKey>(
    answeredSoon({
      name: 'find-default-api-key',
      text: `${verifiableSelect} and a.name = $1 and k.type = 'default'`,
      values: [accountName],
    }),
  )
  return rows[0]
}

/** An active key of this account by its name. Names compare exactly, case included. */
export async function findApiKeyByName(
  store: Queryable,
  accountId: string,
  name: string,
): Promise<(ApiKey & ApiKeySecrets) | undefined> {
  const { rows } = await store.query<ApiKey & ApiKeySecrets>(
    `select ${columns}, ${secretColumns} from api_key
     where account_id = $1 and name = $2 and state = 'active'`,
    [accountId, name],
  )
  return rows[0]
}

/** A key of this name whose deletion was begun and not finished. */
export async function findDeletingApiKey(
  store: Queryable,
  accountId: string,
  name: string,
): Promise<ApiKey | undefined> {
  const { rows } = await store.query<ApiKey>(
    `select ${columns} from api_key
     where account_id = $1 and name = $2 and state = 'deleting' order by updated_at limit 1`,
    [accountId, name],
  )
  return rows[0]
}

export type ApiKeyOrder = 'type' | 'name' | 'updated_at'

const orderColumns: Record<ApiKeyOrder, string> = {
  type: 'type',
  name: 'name',
  updated_at: 'updated_at',
}

/** One page of an account's active keys: master, then default, then regular; `order` breaks ties. */
export async function listApiKeys(
  store: Queryable,
  options: {
    readonly accountId: string
    readonly types: readonly ApiKeyType[]
    readonly order: ApiKeyOrder
    readonly limit: number
    readonly offset: number
  },
): Promise<(ApiKey & ApiKeySecrets)[]> {
  const { rows } = await store.query<ApiKey & ApiKeySecrets>(
    `select ${columns}, ${secretColumns} from api_key
     where account_id = $1 and type = any ($2::text[]) and state = 'active'
     order by array_position(array['master', 'default', 'regular'], type),
       ${orderColumns[options.order]}, id
     limit $3 offset $4`,
    [options.accountId, options.types, options.limit, options.offset],
  )
  return rows
}

export async function countApiKeys(
  store: Queryable,
  accountId: string,
  types: readonly ApiKeyType[],
): Promise<number> {
  const { rows } = await store.query<{ count: number }>(
    `select count(*)::float8 as count from api_key
     where account_id = $1 and type = any ($2::text[]) and state = 'active'`,
    [accountId, types],
  )
  return rows[0]?.count ?? 0
}

/** How many regular keys the account has or is about to have. */
export async function countRegularApiKeys(store: Queryable, accountId: string): Promise<number> {
  const { rows } = await store.query<{ count: number }>(
    `select count(*)::float8 as count from api_key
     where account_id = $1 and type = 'regular' and state <> 'deleting'`,
    [accountId],
  )
  return rows[0]?.count ?? 0
}

/** How many of the account's keys may create tables: each costs the owner role a membership. */
export async function countCreatingApiKeys(store: Queryable, accountId: string): Promise<number> {
  const { rows } = await store.query<{ count: number }>(
    `select count(distinct k.id)::float8 as count
     from api_key k
     join api_key_group_role m on m.api_key_id = k.id
     join group_role g on g.role = m.role
     where k.account_id = $1 and k.state <> 'deleting' and g.kind = 'schema_create'`,
    [accountId],
  )
  return rows[0]?.count ?? 0
}

/** The sealed password of a LOGIN role, and what its envelope is bound to. */
export async function findRolePassword(
  store: Queryable,
  role: string,
): Promise<{ apiKeyId: string; secretKeyId: string; passwordEnvelope: Buffer } | undefined> {
  const { rows } = await store.query<{
    apiKeyId: string
    secretKeyId: string
    passwordEnvelope: Buffer
  }>(
    answeredSoon({
      name: 'find-role-password',
      text: `select id as "apiKeyId", secret_key_id as "secretKeyId",
               password_envelope as "passwordEnvelope"
             from api_key where role = $1 and state = 'active'`,
      values: [role],
    }),
  )
  return rows[0]
}

/**
 * Holds the row of a key until the transaction ends: nobody else changes it, and the reconciler
 * leaves rows alone that somebody holds. Whoever locks a key to change it does so before
 * `isStillIssued` holds the one that asks: in this order nobody waits in a circle, and a key that
 * changes itself is not first shared with its like.
 */
export async function lockApiKey(
  transaction: Queryable,
  id: string,
): Promise<(ApiKey & ApiKeySecrets) | undefined> {
  const { rows } = await transaction.query<ApiKey & ApiKeySecrets>(
    `select ${columns}, ${secretColumns} from api_key where id = $1 for update`,
    [id],
  )
  return rows[0]
}

/**
 * Whether a key is still the one that was verified, neither ended nor expired nor regenerated. Holds
 * it so until the transaction ends, so that what it is used for is over before its end can be answered.
 */
export async function isStillIssued(
  transaction: Queryable,
  id: string,
  issuedAtMs: number,
): Promise<boolean> {
  const { rowCount } = await transaction.query(
    `select from api_key
     where id = $1 and state = 'active' and updated_at = to_timestamp($2::float8 / 1000)
       and (expires_at is null or expires_at > clock_timestamp())
     for share`,
    [id, issuedAtMs],
  )
  return rowCount === 1
}

/** Keys in these states that nobody is working on; locks them. */
export async function listAbandonedApiKeys(
  store: Queryable,
  states: readonly ApiKeyState[],
): Promise<ApiKey[]> {
  const { rows } = await store.query<ApiKey>(
    `select ${columns} from api_key where state = any ($1::text[]) order by id
     for update skip locked`,
    [states],
  )
  return rows
}

/** Every key of an account in any state. */
export async function listAllApiKeys(store: Queryable, accountId: string): Promise<ApiKey[]> {
  const { rows } = await store.query<ApiKey>(
    `select ${columns} from api_key where account_id = $1 order by id`,
    [accountId],
  )
  return rows
}

export async function updateApiKeyState(
  store: Queryable,
  id: string,
  state: ApiKeyState,
): Promise<boolean> {
  const { rowCount } = await store.query(
    'update api_key set state = $2 where id = $1 and state <> $2',
    [id, state],
  )
  return rowCount === 1
}

/** Replaces the token of an active key; false when it is no longer there. */
export async function updateApiKeyToken(
  store: Queryable,
  id: string,
  token: ApiKeySecrets & { readonly updatedAt: Date },
): Promise<boolean> {
  const { rowCount } = await store.query(
    `update api_key set secret_key_id = $2, token_index = $3, token_envelope = $4,
       password_envelope = $5, updated_at = $6, index_key_id = null
     where id = $1 and state = 'active'`,
    [
      id,
      token.secretKeyId,
      token.tokenIndex,
      token.tokenEnvelope ?? null,
      token.passwordEnvelope,
      token.updatedAt,
    ],
  )
  return rowCount === 1
}

/** Up to `limit` keys whose secrets were made with another key than this one. */
export async function listApiKeysSealedOtherwise(
  store: Queryable,
  secretKeyId: string,
  limit: number,
): Promise<({ id: string } & ApiKeySecrets)[]> {
  const { rows } = await store.query<{ id: string } & ApiKeySecrets>(
    `select id, ${secretColumns} from api_key where secret_key_id <> $1 order by id limit $2`,
    [secretKeyId, limit],
  )
  return rows
}

/** Seals a key anew; false when its secrets are no longer the ones that were `read`. */
export async function updateApiKeySecrets(
  store: Queryable,
  id: string,
  read: Pick<ApiKeySecrets, 'passwordEnvelope' | 'tokenEnvelope'>,
  secrets: ApiKeySecrets,
): Promise<boolean> {
  const { rowCount } = await store.query(
    `update api_key set secret_key_id = $3, token_index = $4, token_envelope = $5,
       password_envelope = $6, index_key_id = $7
     where id = $1 and password_envelope = $2 and token_envelope is not distinct from $8`,
    [
      id,
      read.passwordEnvelope,
      secrets.secretKeyId,
      secrets.tokenIndex ?? null,
      secrets.tokenEnvelope ?? null,
      secrets.passwordEnvelope,
      secrets.indexKeyId ?? null,
      read.tokenEnvelope ?? null,
    ],
  )
  return rowCount === 1
}

/** Keeps of an account's tokens what they are found by, and nothing that could be shown again. */
export async function deleteTokenEnvelopes(
  transaction: Queryable,
  accountId: string,
): Promise<void> {
  await transaction.query(
    `update api_key set token_envelope = null
     where account_id = $1 and token_envelope is not null`,
    [accountId],
  )
  await transaction.query(
    `update access_token set token_envelope = null
     where account_id = $1 and token_envelope is not null`,
    [accountId],
  )
}

export async function deleteApiKeyRow(store: Queryable, id: string): Promise<void> {
  await store.query('delete from api_key where id = $1', [id])
}
