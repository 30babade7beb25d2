import { randomUUID } from 'node:crypto'
import { AccessError } from '../errors.ts'
import { parseUserDetails } from '../policy/user-details.ts'
import { insertAccountUser } from '../store/account-users.ts'
import { inTransaction } from '../store/database.ts'
import {
  findInvitationByHash,
  type ListedInvitation,
  takeInvitation,
} from '../store/invitations.ts'
import { recordAudit } from '../store/record-audit.ts'
import { hashToken } from '../token/hash-token.ts'
import { tokenKindOf } from '../token/token.ts'
import type { CommandContext } from './context.ts'
import { userTaken } from './create-user.ts'
import { openSignIn, type SignInPlace } from './open-sign-in.ts'

/** The invitation that somebody has the link of. Throws invitation_not_found, whatever is wrong with it. */
export async function getInvitation(
  { store, now }: Pick<CommandContext, 'store' | 'now'>,
  token: string,
): Promise<ListedInvitation> {
  const isOne = tokenKindOf(token) === 'invitation'
  const found = isOne ? await findInvitationByHash(store, hashToken(token), now()) : undefined
  if (found === undefined) throw new AccessError('invitation_not_found')
  return found
}

/**
 * Makes whoever has the link of an invitation a user of the account, under a name and with a password of
 * their own, and signs them in. Returns the token of their session. The invitation is used up then.
 * Throws invitation_not_found, invalid_user, user_taken, sign_in_busy.
 */
export async function acceptInvitation(
  context: CommandContext,
  token: string,
  given: { readonly name: unknown; readonly password: unknown },
  place: SignInPlace,
): Promise<string> {
  const invitation = await getInvitation(context, token)
  const parsed = parseUserDetails(given)
  if (!parsed.ok) throw new AccessError('invalid_user', { message: parsed.message })
  const { name, password } = parsed.details
  if (name === undefined || password === undefined) {
    throw new AccessError('invalid_user', { message: 'name and password are needed.' })
  }
  const passwordHash = await context.passwords.hash(password)
  const { accountId, email, level, invitedByName } = invitation
  const now = context.now()
  const user = { id: randomUUID(), accountId, name, email, level, createdAt: now, updatedAt: now }
  const session = await inTransaction(context.store, async (transaction) => {
    if (!(await takeInvitation(transaction, invitation))) {
      throw new AccessError('invitation_not_found')
    }
    await insertAccountUser(transaction, { ...user, passwordHash })
    await recordAudit(transaction, {
      actor: { kind: 'user', accountId, id: user.id, name, clientNetwork: place.network },
      action: 'invitation.accept',
      target: { id: user.id, name },
      details: { level, invited_by: invitedByName },
    })
    return openSignIn(context, transaction, user, 'password', place)
  }).catch((error: unknown) => {
    throw userTaken(error)
  })
  if (session === undefined) throw new AccessError('invitation_not_found')
  context.observe({ event: 'user_created', userId: user.id })
  context.observe({ event: 'signed_in', userId: user.id })
  return session
}
