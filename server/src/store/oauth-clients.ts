import type { Scope, UserLevel } from '../credential/manager.ts'
import { answeredSoon, type Queryable } from './database.ts'

const oauthClientKinds = ['m2m', 'public'] as const

/** `m2m`: a program with a secret. `public`: an application in browsers, which can keep none. */
export type OAuthClientKind = (typeof oauthClientKinds)[number]

/** An application that manages in a user's name. Its id is the `client_id` of OAuth. */
export type OAuthClient = {
  readonly id: string
  readonly accountId: string
  readonly name: string
  readonly kind: OAuthClientKind
  /** Whom a program acts as; null for a public client. */
  readonly userId: string | null
  readonly redirectUris: readonly string[]
  readonly scopes: readonly Scope[]
  readonly createdAt: Date
}

const columns = `id, account_id as "accountId", name, kind, user_id as "userId",
  redirect_uris as "redirectUris", scopes, created_at as "createdAt"`

/** Throws a unique violation (23505) when the account has a client of this name already. */
export async function insertOAuthClient(
  store: Queryable,
  client: OAuthClient & { readonly secretHash: Buffer | undefined },
): Promise<void> {
  await store.query(
    `insert into oauth_client (id, account_id, name, kind, user_id, secret_hash, redirect_uris,
       scopes, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      client.id,
      client.accountId,
      client.name,
      client.kind,
      client.userId,
      client.secretHash ?? null,
      client.redirectUris,
      client.scopes,
      client.createdAt,
    ],
  )
}

/** The clients of an account, by name. */
export async function listOAuthClients(
  store: Queryable,
  accountId: string,
): Promise<OAuthClient[]> {
  const { rows } = await store.query<OAuthClient>(
    `select ${columns} from oauth_client where account_id = $1 order by name`,
    [accountId],
  )
  return rows
}

/** A client of an active account, and what it is verified by. */
export async function findOAuthClient(
  store: Queryable,
  id: string,
): Promise<
  (OAuthClient & { readonly accountName: string; readonly secretHash: Buffer | null }) | undefined
> {
  const { rows } = await store.query<
    OAuthClient & { accountName: string; secretHash: Buffer | null }
  >(
    answeredSoon({
      name: 'find-oauth-client',
      text: `select c.id, c.account_id as "accountId", c.name, c.kind, c.user_id as "userId",
               c.redirect_uris as "redirectUris", c.scopes, c.created_at as "createdAt",
               c.secret_hash as "secretHash", a.name as "accountName"
             from oauth_client c join account a on a.id = c.account_id
             where c.id = $1 and a.state = 'active'`,
      values: [id],
    }),
  )
  return rows[0]
}

/** Returns what there was; undefined for nothing. */
export async function deleteOAuthClient(
  store: Queryable,
  accountId: string,
  id: string,
): Promise<{ readonly id: string; readonly name: string } | undefined> {
  const { rows } = await store.query<{ id: string; name: string }>(
    'delete from oauth_client where account_id = $1 and id = $2 returning id, name',
    [accountId, id],
  )
  return rows[0]
}

/** What a program was given: the grant that its tokens hang on, and the level of its user. */
export async function findGrantOfProgram(
  store: Queryable,
  clientId: string,
): Promise<{ readonly grantId: string; readonly level: UserLevel } | undefined> {
  const { rows } = await store.query<{ grantId: string; level: UserLevel }>(
    `select g.id as "grantId", u.level
     from oauth_grant g
     join oauth_client c on c.id = g.client_id
     join account_user u on u.id = g.user_id
     where c.id = $1 and c.kind = 'm2m'`,
    [clientId],
  )
  return rows[0]
}
