import { answeredSoon, type Queryable } from './database.ts'

export type AccountState = 'pending' | 'active' | 'deleting'

export type Account = {
  readonly id: string
  readonly name: string
  readonly state: AccountState
  readonly database: string
  readonly ownerRole: string
  readonly publicRole: string
  readonly createdAt: Date
  readonly updatedAt: Date
} & AccountSettings

/** What holds for one account: its operator sets it, and some of it its owners. */
export type AccountSettings = {
  /** The most regular keys it may have; null for any number. */
  readonly keyQuota: number | null
  /** The rate limit of its keys; 0 for none, null for what the server is set to. */
  readonly requestsPerSecond: number | null
  /** False: the Auth API is not there, and regular keys open nothing. */
  readonly engineEnabled: boolean
  /** False: the master key manages keys, and opens neither SQL nor Maps. */
  readonly masterOnData: boolean
  /** True: a token is told when it is made, and kept in no form that could be shown again. */
  readonly showOnce: boolean
}

/** What holds for an account that nobody has set anything for. */
export const defaultAccountSettings: AccountSettings = {
  keyQuota: null,
  requestsPerSecond: null,
  engineEnabled: true,
  masterOnData: true,
  showOnce: false,
}

const columns = `id, name, state, database, owner_role as "ownerRole", public_role as "publicRole",
  key_quota as "keyQuota", engine_enabled as "engineEnabled", master_on_data as "masterOnData",
  requests_per_second as "requestsPerSecond", show_once as "showOnce",
  created_at as "createdAt", updated_at as "updatedAt"`

/** Inserts an account together with the connection to its own database. */
export async function insertAccount(store: Queryable, account: Account): Promise<void> {
  await store.query(
    `with made as (
       insert into connection (id, account_id, name, is_default, created_at, updated_at)
       values (gen_random_uuid(), $1, 'default', true, $7, $8))
     insert into account (id, name, state, database, owner_role, public_role, created_at, updated_at,
       key_quota, engine_enabled, master_on_data, requests_per_second, show_once)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
    [
      account.id,
      account.name,
      account.state,
      account.database,
      account.ownerRole,
      account.publicRole,
      account.createdAt,
      account.updatedAt,
      account.keyQuota,
      account.engineEnabled,
      account.masterOnData,
      account.requestsPerSecond,
      account.showOnce,
    ],
  )
}

/** The account that requests may name: one that is whole and not being deleted. */
export async function findActiveAccount(
  store: Queryable,
  name: string,
): Promise<Account | undefined> {
  const { rows } = await store.query<Account>(
    answeredSoon({
      text: `select ${columns} from account where name = $1 and state = 'active'`,
      values: [name],
    }),
  )
  return rows[0]
}

export async function findAccountById(store: Queryable, id: string): Promise<Account | undefined> {
  const { rows } = await store.query<Account>(`select ${columns} from account where id = $1`, [id])
  return rows[0]
}

/** Accounts in any of these states, by name. */
export async function listAccounts(
  store: Queryable,
  states: readonly AccountState[],
): Promise<Account[]> {
  const { rows } = await store.query<Account>(
    `select ${columns} from account where state = any ($1::text[]) order by name`,
    [states],
  )
  return rows
}

/**
 * Like listAccounts, but locks the rows and leaves out those that another session is working on.
 * The lock is what tells an abandoned row from one whose maker is alive.
 */
export async function listAbandonedAccounts(
  store: Queryable,
  states: readonly AccountState[],
): Promise<Account[]> {
  const { rows } = await store.query<Account>(
    `select ${columns} from account where state = any ($1::text[]) order by id
     for update skip locked`,
    [states],
  )
  return rows
}

/** Like lockApiKey, for an account. */
export async function lockAccount(store: Queryable, id: string): Promise<void> {
  const { rowCount } = await store.query('select from account where id = $1 for update', [id])
  if (rowCount !== 1) throw new Error('The row of a new account was taken for an abandoned one.')
}

export async function updateAccountState(
  store: Queryable,
  id: string,
  state: AccountState,
): Promise<void> {
  await store.query('update account set state = $2, updated_at = now() where id = $1', [id, state])
}

/** Sets what is given and leaves the rest; false when the account is not active. */
export async function updateAccountSettings(
  store: Queryable,
  id: string,
  settings: Partial<AccountSettings>,
): Promise<boolean> {
  const { rowCount } = await store.query(
    `update account
     set key_quota = case when $2::boolean then $3::integer else key_quota end,
       engine_enabled = coalesce($4::boolean, engine_enabled),
       master_on_data = coalesce($5::boolean, master_on_data),
       requests_per_second = case when $6::boolean then $7::integer else requests_per_second end,
       show_once = coalesce($8::boolean, show_once),
       updated_at = now()
     where id = $1 and state = 'active'`,
    [
      id,
      settings.keyQuota !== undefined,
      settings.keyQuota ?? null,
      settings.engineEnabled ?? null,
      settings.masterOnData ?? null,
      settings.requestsPerSecond !== undefined,
      settings.requestsPerSecond ?? null,
      settings.showOnce ?? null,
    ],
  )
  return rowCount === 1
}

/**
 * An account's settings, held as they are until the transaction ends. Whoever else asks for them
 * this way waits: what is counted in between stays counted.
 */
export async function lockAccountSettings(
  transaction: Queryable,
  id: string,
): Promise<AccountSettings | undefined> {
  const { rows } = await transaction.query<AccountSettings>(
    `select key_quota as "keyQuota", engine_enabled as "engineEnabled",
       master_on_data as "masterOnData", requests_per_second as "requestsPerSecond",
       show_once as "showOnce"
     from account where id = $1 and state = 'active' for no key update`,
    [id],
  )
  return rows[0]
}

/** Forgets an account with all that belongs to it. */
export async function deleteAccountRow(store: Queryable, id: string): Promise<void> {
  // Before the connections and users that they name: what goes by itself goes in no order of ours.
  await store.query('delete from access_token where account_id = $1', [id])
  await store.query('delete from account where id = $1', [id])
}
