import type { Scope, UserLevel } from '../credential/manager.ts'
import { answeredSoon, type Queryable } from './database.ts'

export type OAuthTokenKind = 'code' | 'access' | 'refresh'

export type OAuthToken = {
  readonly id: string
  readonly tokenHash: Buffer
  readonly grantId: string
  readonly kind: OAuthTokenKind
  readonly scopes: readonly Scope[]
  /** Of a code: where it was sent, and what its holder has to know. */
  readonly redirectUri?: string
  readonly codeChallenge?: string
  readonly createdAt: Date
  readonly expiresAt: Date
}

/** Throws a foreign-key violation (23503) when its grant has ended. */
export async function insertOAuthToken(store: Queryable, token: OAuthToken): Promise<void> {
  await store.query(
    `insert into oauth_token (id, token_hash, grant_id, kind, scopes, redirect_uri, code_challenge,
       created_at, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      token.id,
      token.tokenHash,
      token.grantId,
      token.kind,
      token.scopes,
      token.redirectUri ?? null,
      token.codeChallenge ?? null,
      token.createdAt,
      token.expiresAt,
    ],
  )
}

/** What is good for one use, as whoever comes with it needs to be judged by. */
export type UsedToken = {
  readonly grantId: string
  readonly clientId: string
  readonly scopes: readonly Scope[]
  readonly redirectUri: string | null
  readonly codeChallenge: string | null
  readonly expiresAt: Date
  readonly grantExpiresAt: Date | null
  readonly level: UserLevel
  /** Whether it had been used before. */
  readonly isUsedAgain: boolean
}

/** Uses a code or a refresh token up; of two who come with it at once, one is the first. */
export async function useOAuthToken(
  store: Queryable,
  kind: 'code' | 'refresh',
  tokenHash: Buffer,
  now: Date,
): Promise<UsedToken | undefined> {
  const { rows } = await store.query<UsedToken>(
    `with before as materialized (
       select id, used_at from oauth_token where token_hash = $1 and kind = $2 for update
     ),
     used as (
       update oauth_token t set used_at = $3 from before where t.id = before.id
       returning t.*, before.used_at is not null as is_used_again
     )
     select t.grant_id as "grantId", g.client_id as "clientId", t.scopes,
       t.redirect_uri as "redirectUri", t.code_challenge as "codeChallenge",
       t.expires_at as "expiresAt", g.expires_at as "grantExpiresAt", u.level,
       t.is_used_again as "isUsedAgain"
     from used t
     join oauth_grant g on g.id = t.grant_id
     join account_user u on u.id = g.user_id`,
    [tokenHash, kind, now],
  )
  return rows[0]
}

/** An access token as far as verifying one needs to know, and as of which epoch. */
export type VerifiableOAuthToken = {
  readonly id: string
  readonly grantId: string
  readonly clientId: string
  readonly clientName: string
  readonly userId: string
  readonly userName: string
  readonly email: string | null
  readonly level: UserLevel
  /** What the token, its grant and its client all have. */
  readonly scopes: readonly Scope[]
  readonly accountId: string
  readonly accountName: string
  readonly database: string
  readonly engineEnabled: boolean
  readonly requestsPerSecond: number | null
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly epoch: number
}

/** The access token that has this hash, of an account that is active. Whether it has expired is not asked. */
export async function findOAuthAccessToken(
  store: Queryable,
  tokenHash: Buffer,
): Promise<VerifiableOAuthToken | undefined> {
  const { rows } = await store.query<VerifiableOAuthToken>(
    answeredSoon({
      name: 'find-oauth-access-token',
      text: `select t.id, g.id as "grantId", c.id as "clientId", c.name as "clientName",
               u.id as "userId", u.name as "userName", u.email, u.level,
               array(select unnest(t.scopes) intersect select unnest(g.scopes)
                     intersect select unnest(c.scopes)) as scopes,
               a.id as "accountId", a.name as "accountName", a.database,
               a.engine_enabled as "engineEnabled", a.requests_per_second as "requestsPerSecond",
               t.created_at as "createdAt", t.expires_at as "expiresAt",
               (select value from epoch)::float8 as epoch
             from oauth_token t
             join oauth_grant g on g.id = t.grant_id
             join oauth_client c on c.id = g.client_id
             join account_user u on u.id = g.user_id
             join account a on a.id = c.account_id
             where t.token_hash = $1 and t.kind = 'access' and a.state = 'active'`,
      values: [tokenHash],
    }),
  )
  return rows[0]
}

/**
 * Whether an access token has not ended and its user still has this level, as of this transaction;
 * neither changes until that is over.
 */
export async function isStillGranted(
  transaction: Queryable,
  id: string,
  user: { readonly id: string; readonly level: UserLevel },
): Promise<boolean> {
  const { rowCount } = await transaction.query(
    `select from oauth_token t
     join oauth_grant g on g.id = t.grant_id
     join account_user u on u.id = g.user_id
     where t.id = $1 and t.expires_at > clock_timestamp() and u.id = $2 and u.level = $3
     for share`,
    [id, user.id, user.level],
  )
  return rowCount === 1
}

/** Whose a token is, whatever it is good for. */
export async function findOAuthTokenOwner(
  store: Queryable,
  tokenHash: Buffer,
): Promise<
  { readonly id: string; readonly grantId: string; readonly clientId: string } | undefined
> {
  const { rows } = await store.query<{ id: string; grantId: string; clientId: string }>(
    `select t.id, t.grant_id as "grantId", g.client_id as "clientId"
     from oauth_token t join oauth_grant g on g.id = t.grant_id
     where t.token_hash = $1`,
    [tokenHash],
  )
  return rows[0]
}

export async function deleteOAuthToken(store: Queryable, id: string): Promise<boolean> {
  const { rowCount } = await store.query('delete from oauth_token where id = $1', [id])
  return rowCount === 1
}

export async function deleteExpiredOAuthTokens(store: Queryable, now: Date): Promise<void> {
  await store.query('delete from oauth_token where expires_at <= $1', [now])
}
