import type { UserLevel } from '../credential/manager.ts'
import type { Queryable } from './database.ts'

/** What somebody is invited to be. */
export type Invitation = {
  readonly id: string
  readonly accountId: string
  /** The id of the owner who invites; without them it is worth nothing. */
  readonly invitedBy: string
  readonly email: string
  readonly level: UserLevel
  readonly createdAt: Date
  readonly expiresAt: Date
}

export type ListedInvitation = Invitation & {
  readonly accountName: string
  readonly invitedByName: string
}

/** Of those that can be accepted: whoever invites must still be an owner. */
const selectInvitations = `select i.id, i.account_id as "accountId", i.invited_by as "invitedBy",
    i.email, i.level, i.created_at as "createdAt", i.expires_at as "expiresAt",
    a.name as "accountName", u.name as "invitedByName"
  from invitation i
  join account a on a.id = i.account_id and a.state = 'active'
  join account_user u on u.id = i.invited_by and u.level = 'owner'`

/** An invitation that somebody had by this address before is worth nothing any more. */
export async function insertInvitation(
  transaction: Queryable,
  invitation: Invitation & { readonly tokenHash: Buffer },
): Promise<void> {
  const { id, accountId, invitedBy, email, level, tokenHash, createdAt, expiresAt } = invitation
  await transaction.query(
    'delete from invitation where account_id = $1 and (lower(email) = lower($2) or expires_at <= $3)',
    [accountId, email, createdAt],
  )
  await transaction.query(
    `insert into invitation
       (id, account_id, invited_by, email, level, token_hash, created_at, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [id, accountId, invitedBy, email, level, tokenHash, createdAt, expiresAt],
  )
}

/** The invitations of an account that can still be accepted, in the order in which they were made. */
export async function listInvitations(
  store: Queryable,
  accountId: string,
  now: Date,
): Promise<ListedInvitation[]> {
  const { rows } = await store.query<ListedInvitation>(
    `${selectInvitations} where i.account_id = $1 and i.expires_at > $2 order by i.created_at, i.id`,
    [accountId, now],
  )
  return rows
}

/** The invitation that a link names, if it can still be accepted. */
export async function findInvitationByHash(
  store: Queryable,
  tokenHash: Buffer,
  now: Date,
): Promise<ListedInvitation | undefined> {
  const { rows } = await store.query<ListedInvitation>(
    `${selectInvitations} where i.token_hash = $1 and i.expires_at > $2`,
    [tokenHash, now],
  )
  return rows[0]
}

/**
 * Uses up an invitation; of two who accept it at once the second finds none. Whoever invites stays an
 * owner until the transaction ends.
 */
export async function takeInvitation(
  transaction: Queryable,
  { id, invitedBy }: Pick<Invitation, 'id' | 'invitedBy'>,
): Promise<boolean> {
  const owner = await transaction.query(
    `select from account_user where id = $1 and level = 'owner' for share`,
    [invitedBy],
  )
  return owner.rowCount === 1 && (await deleteInvitation(transaction, id))
}

export async function deleteInvitation(store: Queryable, id: string): Promise<boolean> {
  const { rowCount } = await store.query('delete from invitation where id = $1', [id])
  return rowCount === 1
}
