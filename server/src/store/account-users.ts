import type { UserLevel } from '../credential/manager.ts'
import type { Queryable } from './database.ts'

/** Somebody who signs in to an account. */
export type AccountUser = {
  readonly id: string
  readonly accountId: string
  readonly name: string
  /** Null for none. */
  readonly email: string | null
  readonly level: UserLevel
  readonly createdAt: Date
  readonly updatedAt: Date
}

const columns = `id, account_id as "accountId", name, email, level, created_at as "createdAt",
  updated_at as "updatedAt"`

/** Throws a unique violation (23505) when the account has this name or e-mail address already. */
export async function insertAccountUser(
  store: Queryable,
  user: AccountUser & { readonly passwordHash: string },
): Promise<void> {
  await store.query(
    `insert into account_user (id, account_id, name, email, level, password_hash, created_at,
       updated_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      user.id,
      user.accountId,
      user.name,
      user.email,
      user.level,
      user.passwordHash,
      user.createdAt,
      user.updatedAt,
    ],
  )
}

/** The users of an account, in the order in which they were made. */
export async function listAccountUsers(
  store: Queryable,
  accountId: string,
): Promise<AccountUser[]> {
  const { rows } = await store.query<AccountUser>(
    `select ${columns} from account_user where account_id = $1 order by created_at, id`,
    [accountId],
  )
  return rows
}

export async function findAccountUser(
  store: Queryable,
  accountId: string,
  id: string,
): Promise<AccountUser | undefined> {
  const { rows } = await store.query<AccountUser>(
    `select ${columns} from account_user where account_id = $1 and id = $2`,
    [accountId, id],
  )
  return rows[0]
}

/** A user and what their password is verified with. */
export type UserToSignIn = AccountUser & {
  readonly passwordHash: string
  readonly hasSecondFactor: boolean
}

/** The user of an active account who is called so or has this e-mail address, and their password. */
export async function findUserToSignIn(
  store: Queryable,
  accountName: string,
  nameOrEmail: string,
): Promise<UserToSignIn | undefined> {
  const { rows } = await store.query<UserToSignIn>(
    `select u.id, u.account_id as "accountId", u.name, u.email, u.level,
       u.created_at as "createdAt", u.updated_at as "updatedAt", u.password_hash as "passwordHash",
       exists (select from second_factor f
               where f.user_id = u.id and f.confirmed_at is not null) as "hasSecondFactor"
     from account_user u join account a on a.id = u.account_id
     where a.name = $1 and a.state = 'active'
       and (lower(u.name) = lower($2) or lower(u.email) = lower($2))`,
    [accountName, nameOrEmail],
  )
  return rows[0]
}

/**
 * Changes what is given and leaves the rest; undefined when there is no such user. Throws a unique
 * violation (23505).
 */
export async function updateAccountUser(
  store: Queryable,
  id: string,
  changes: {
    readonly name?: string
    readonly email?: string | null
    readonly level?: UserLevel
    readonly passwordHash?: string
    readonly updatedAt: Date
  },
): Promise<AccountUser | undefined> {
  const { rows } = await store.query<AccountUser>(
    `update account_user
     set name = coalesce($2::text, name),
       email = case when $3::boolean then $4::text else email end,
       level = coalesce($5::text, level),
       password_hash = coalesce($6::text, password_hash),
       updated_at = $7
     where id = $1
     returning ${columns}`,
    [
      id,
      changes.name ?? null,
      changes.email !== undefined,
      changes.email ?? null,
      changes.level ?? null,
      changes.passwordHash ?? null,
      changes.updatedAt,
    ],
  )
  return rows[0]
}

export async function deleteAccountUser(store: Queryable, id: string): Promise<boolean> {
  const { rowCount } = await store.query('delete from account_user where id = $1', [id])
  return rowCount === 1
}

/**
 * The ids of an account's owners, held as they are until the transaction ends: of two that would
 * each take the other away, the second finds that it is the last.
 */
export async function lockOwners(transaction: Queryable, accountId: string): Promise<string[]> {
  const { rows } = await transaction.query<{ id: string }>(
    `select id from account_user where account_id = $1 and level = 'owner' order by id for update`,
    [accountId],
  )
  return rows.map((row) => row.id)
}

/** The user whom the master key manages as: the one who has been the account's owner for longest. */
export async function findAccountOwner(
  store: Queryable,
  accountId: string,
): Promise<{ id: string; name: string } | undefined> {
  const { rows } = await store.query<{ id: string; name: string }>(
    `select id, name from account_user
     where account_id = $1 and level = 'owner' order by created_at, id limit 1`,
    [accountId],
  )
  return rows[0]
}
