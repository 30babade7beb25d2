import type { UserLevel } from '../credential/manager.ts'
import type { SignedInBy } from '../credential/principal.ts'
import { answeredSoon, type Queryable } from './database.ts'

/** A sign-in as far as verifying one needs to know: who it is of, and as of which epoch. */
export type VerifiableSignIn = {
  readonly id: string
  readonly userId: string
  readonly userName: string
  readonly email: string | null
  readonly level: UserLevel
  readonly accountId: string
  readonly accountName: string
  readonly database: string
  readonly engineEnabled: boolean
  readonly requestsPerSecond: number | null
  readonly createdAt: Date
  readonly lastSeenAt: Date
  readonly signedInBy: SignedInBy
  readonly hasSecondFactor: boolean
  readonly confirmedAt: Date | null
  readonly epoch: number
}

/** False when the user is gone or has another password by now: then nobody is signed in. */
export async function insertSignIn(
  store: Queryable,
  signIn: {
    readonly id: string
    readonly userId: string
    /** The one that was verified; null where it was none. */
    readonly passwordHash: string | null
    readonly tokenHash: Buffer
    readonly signedInBy: SignedInBy
    /** What the browser calls itself; null for nothing. */
    readonly userAgent: string | null
    readonly network: string
    readonly createdAt: Date
  },
): Promise<boolean> {
  const { rowCount } = await store.query(
    `insert into sign_in (id, user_id, token_hash, created_at, last_seen_at, signed_in_by,
       user_agent, network)
     select $1, id, $4, $5, $5, $6, $7, $8 from account_user 
     where id = $2 and ($3::text is null or password_hash = $3)
     for share`,
    [
      signIn.id,
      signIn.userId,
      signIn.passwordHash,
      signIn.tokenHash,
      signIn.createdAt,
      signIn.signedInBy,
      signIn.userAgent,
      signIn.network,
    ],
  )
  return rowCount === 1
}

/** The sign-in that a cookie names, of an account that is active. Whether it has expired is not asked. */
export async function findSignInByHash(
  store: Queryable,
  tokenHash: Buffer,
): Promise<VerifiableSignIn | undefined> {
  const { rows } = await store.query<VerifiableSignIn>(
    answeredSoon({
      name: 'find-sign-in-by-hash',
      text: `select s.id, u.id as "userId", u.name as "userName", u.email, u.level,
               a.id as "accountId", a.name as "accountName", a.database,
               a.engine_enabled as "engineEnabled", a.requests_per_second as "requestsPerSecond",
               s.created_at as "createdAt", s.last_seen_at as "lastSeenAt",
               s.signed_in_by as "signedInBy", s.confirmed_at as "confirmedAt",
               exists (select from second_factor f where f.user_id = u.id
                         and f.confirmed_at is not null) as "hasSecondFactor",
               (select value from epoch)::float8 as epoch
             from sign_in s
             join account_user u on u.id = s.user_id
             join account a on a.id = u.account_id
             where s.token_hash = $1 and a.state = 'active'`,
      values: [tokenHash],
    }),
  )
  return rows[0]
}

/** Remembers that somebody was there. */
export async function updateSignInSeen(store: Queryable, id: string, seenAt: Date): Promise<void> {
  await store.query('update sign_in set last_seen_at = $2 where id = $1 and last_seen_at < $2', [
    id,
    seenAt,
  ])
}

/** A sign-in as its own user sees it. */
export type ListedSignIn = {
  readonly id: string
  readonly signedInBy: SignedInBy
  readonly userAgent: string | null
  /** Null for those from before it was kept. */
  readonly network: string | null
  readonly createdAt: Date
  readonly lastSeenAt: Date
}

/** The sign-ins of a user that have not ended, the latest first. */
export async function listSignIns(
  store: Queryable,
  userId: string,
  endedBefore: { readonly lastSeen: Date; readonly created: Date },
): Promise<ListedSignIn[]> {
  const { rows } = await store.query<ListedSignIn>(
    `select id, signed_in_by as "signedInBy", user_agent as "userAgent", network,
       created_at as "createdAt", last_seen_at as "lastSeenAt"
     from sign_in where user_id = $1 and last_seen_at > $2 and created_at > $3
     order by last_seen_at desc, created_at desc, id`,
    [userId, endedBefore.lastSeen, endedBefore.created],
  )
  return rows
}

/** Remembers that whoever is signed in has proven it again. False when the sign-in or the password is gone. */
export async function updateSignInConfirmed(
  store: Queryable,
  id: string,
  confirmed: {
    /** The one that was verified; null where it was none. */
    readonly passwordHash: string | null
    readonly confirmedAt: Date
  },
): Promise<boolean> {
  const { rowCount } = await store.query(
    `update sign_in s set confirmed_at = $3
     from account_user u 
     where s.id = $1 and u.id = s.user_id and ($2::text is null or u.password_hash = $2)`,
    [id, confirmed.passwordHash, confirmed.confirmedAt],
  )
  return rowCount === 1
}

/**
 * Whether a sign-in has not ended and its user still has this level, as of this transaction; neither
 * changes until that is over.
 */
export async function isStillSignedIn(
  transaction: Queryable,
  id: string,
  user: { readonly id: string; readonly level: UserLevel },
): Promise<boolean> {
  const { rowCount } = await transaction.query(
    `select from sign_in s join account_user u on u.id = s.user_id
     where s.id = $1 and u.id = $2 and u.level = $3
     for share`,
    [id, user.id, user.level],
  )
  return rowCount === 1
}

export async function deleteSignIn(store: Queryable, id: string): Promise<boolean> {
  const { rowCount } = await store.query('delete from sign_in where id = $1', [id])
  return rowCount === 1
}

/** Ends the sign-ins of a user, but for one that may stay. */
export async function deleteSignInsOf(
  store: Queryable,
  userId: string,
  keptId: string | undefined,
): Promise<void> {
  await store.query('delete from sign_in where user_id = $1 and id is distinct from $2::uuid', [
    userId,
    keptId ?? null,
  ])
}

/** Clears away those that nobody has used since, or that were made so long ago. */
export async function deleteExpiredSignIns(
  store: Queryable,
  before: { readonly lastSeen: Date; readonly created: Date },
): Promise<void> {
  await store.query('delete from sign_in where last_seen_at < $1 or created_at < $2', [
    before.lastSeen,
    before.created,
  ])
}
