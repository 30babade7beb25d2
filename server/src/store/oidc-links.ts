import type { AccountUser } from './account-users.ts'
import type { Queryable } from './database.ts'

/** What signing in by a provider has to know of a user. */
export type LinkableUser = Pick<AccountUser, 'id' | 'accountId' | 'name'>

const columns = 'u.id, u.account_id as "accountId", u.name'

/** The user of an active account who is this subject at the provider. */
export async function findLinkedUser(
  store: Queryable,
  accountName: string,
  { issuer, subject }: { readonly issuer: string; readonly subject: string },
): Promise<LinkableUser | undefined> {
  const { rows } = await store.query<LinkableUser>(
    `select ${columns} from oidc_link l
     join account_user u on u.id = l.user_id
     join account a on a.id = u.account_id and a.state = 'active'
     where a.name = $1 and l.issuer = $2 and l.subject = $3`,
    [accountName, issuer, subject],
  )
  return rows[0]
}

/** The user of an active account who has this e-mail address and is nobody at any provider yet. */
export async function findUserToLink(
  store: Queryable,
  accountName: string,
  email: string,
): Promise<LinkableUser | undefined> {
  const { rows } = await store.query<LinkableUser>(
    `select ${columns} from account_user u
     join account a on a.id = u.account_id and a.state = 'active'
     where a.name = $1 and lower(u.email) = lower($2)
       and not exists (select from oidc_link l where l.user_id = u.id)`,
    [accountName, email],
  )
  return rows[0]
}

/** False when the user is somebody at the provider already, or somebody else of the account is this one. */
export async function insertOidcLink(
  transaction: Queryable,
  user: LinkableUser,
  link: { readonly issuer: string; readonly subject: string; readonly createdAt: Date },
): Promise<boolean> {
  const { rowCount } = await transaction.query(
    `insert into oidc_link (user_id, account_id, issuer, subject, created_at)
     values ($1, $2, $3, $4, $5) on conflict do nothing`,
    [user.id, user.accountId, link.issuer, link.subject, link.createdAt],
  )
  return rowCount === 1
}
