import { randomUUID } from 'node:crypto'
import { AccessError } from '../errors.ts'
import { parseUserDetails } from '../policy/user-details.ts'
import { listAccountUsers } from '../store/account-users.ts'
import { inRetriedTransaction } from '../store/database.ts'
import { type Invitation, insertInvitation } from '../store/invitations.ts'
import { recordAudit } from '../store/record-audit.ts'
import { hashToken } from '../token/hash-token.ts'
import { mintToken } from '../token/token.ts'
import type { CommandContext } from './context.ts'
import type { ActingManager } from './operator.ts'

const validForMs = 7 * 24 * 60 * 60 * 1_000

/**
 * Invites somebody to become a user of the manager's account. Returns the token for their link, which is
 * kept nowhere. An invitation by the same address before it ends. Throws invalid_user, user_taken.
 */
export async function inviteUser(
  context: CommandContext,
  { accountId, userId, actor, mustStillHold }: ActingManager,
  given: { readonly email: unknown; readonly level: unknown },
): Promise<{ readonly invitation: Invitation; readonly token: string }> {
  const parsed = parseUserDetails(given)
  if (!parsed.ok) throw new AccessError('invalid_user', { message: parsed.message })
  const { email, level } = parsed.details
  if (email === undefined || email === null || level === undefined) {
    throw new AccessError('invalid_user', { message: 'email and level are needed.' })
  }
  const users = await listAccountUsers(context.store, accountId)
  if (users.some((user) => user.email?.toLowerCase() === email.toLowerCase())) {
    throw new AccessError('user_taken')
  }
  const createdAt = context.now()
  const expiresAt = new Date(createdAt.getTime() + validForMs)
  const invitation = {
    id: randomUUID(),
    accountId,
    invitedBy: userId,
    email,
    level,
    createdAt,
    expiresAt,
  }
  const token = mintToken('invitation', context.randomBytes)
  await inRetriedTransaction(context.store, async (transaction) => {
    await mustStillHold(transaction)
    await insertInvitation(transaction, { ...invitation, tokenHash: hashToken(token) })
    await recordAudit(transaction, {
      actor,
      action: 'invitation.create',
      target: { id: invitation.id, name: email },
      details: { level, expires_at: expiresAt.toISOString() },
    })
  })
  return { invitation, token }
}
