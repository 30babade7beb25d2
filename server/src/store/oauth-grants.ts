import type { Scope } from '../credential/manager.ts'
import type { Queryable } from './database.ts'

/** What a user lets a client do. */
export type OAuthGrant = {
  readonly id: string
  readonly clientId: string
  readonly userId: string
  readonly scopes: readonly Scope[]
  readonly createdAt: Date
  /** Null for that of a program, which lasts as long as the program. */
  readonly expiresAt: Date | null
}

/** Throws a foreign-key violation (23503) when the client or the user is gone. */
export async function insertOAuthGrant(store: Queryable, grant: OAuthGrant): Promise<void> {
  await store.query(
    `insert into oauth_grant (id, client_id, user_id, scopes, created_at, expires_at)
     values ($1, $2, $3, $4, $5, $6)`,
    [grant.id, grant.clientId, grant.userId, grant.scopes, grant.createdAt, grant.expiresAt],
  )
}

/** What a user lets applications do, the latest first. Programs of their own are not among them. */
export async function listOAuthGrantsOf(
  store: Queryable,
  userId: string,
  now: Date,
): Promise<(OAuthGrant & { readonly clientName: string })[]> {
  const { rows } = await store.query<OAuthGrant & { clientName: string }>(
    `select g.id, g.client_id as "clientId", g.user_id as "userId", g.scopes,
       g.created_at as "createdAt", g.expires_at as "expiresAt", c.name as "clientName"
     from oauth_grant g join oauth_client c on c.id = g.client_id
     where g.user_id = $1 and c.kind = 'public' and g.expires_at > $2
     order by g.created_at desc, g.id`,
    [userId, now],
  )
  return rows
}

/** A grant that has ended: who let which client do what. */
export type EndedOAuthGrant = {
  readonly id: string
  readonly accountId: string
  readonly clientId: string
  readonly clientName: string
  readonly userName: string
}

/**
 * Ends a grant and all that hangs on it; of this user, where one is named. Returns what there was;
 * undefined for nothing.
 */
export async function deleteOAuthGrant(
  store: Queryable,
  id: string,
  userId?: string,
): Promise<EndedOAuthGrant | undefined> {
  const { rows } = await store.query<EndedOAuthGrant>(
    `delete from oauth_grant g using oauth_client c, account_user u
     where g.id = $1 and c.id = g.client_id and c.kind = 'public' and u.id = g.user_id
       and ($2::uuid is null or g.user_id = $2)
     returning g.id, c.account_id as "accountId", c.id as "clientId", c.name as "clientName",
       u.name as "userName"`,
    [id, userId ?? null],
  )
  return rows[0]
}

export async function deleteExpiredOAuthGrants(store: Queryable, now: Date): Promise<void> {
  await store.query('delete from oauth_grant where expires_at <= $1', [now])
}
