import { AccessError } from '../errors.ts'
import type { Receipt } from '../revocation/revoke.ts'
import { listAllAccessTokens } from '../store/access-tokens.ts'
import { deleteAccountUser, listAccountUsers, lockOwners } from '../store/account-users.ts'
import { sqlstateOf, sqlstates } from '../store/database.ts'
import { recordAudit } from '../store/record-audit.ts'
import type { CommandContext } from './context.ts'
import { deleteAccessToken } from './delete-access-token.ts'
import { getUser, userNotFound } from './list-users.ts'
import type { ActingManager } from './operator.ts'
import { mustLeaveAnOwner } from './update-user.ts'

/**
 * Deletes a user with all that is theirs: sessions, access tokens, programs that act as them, what they
 * have let applications do. When it resolves none of it works anywhere. What belongs to the account
 * stays.
 * Throws user_not_found, last_owner, user_in_use.
 */
export async function deleteUser(
  context: CommandContext,
  manager: ActingManager,
  id: string,
): Promise<Receipt> {
  const { accountId } = manager
  const user = await getUser(context, accountId, id)
  // Asked before anything is taken away, and once more when nobody can change it.
  const users = await listAccountUsers(context.store, accountId)
  const owners = users.filter(({ level }) => level === 'owner')
  mustLeaveAnOwner(
    owners.map((owner) => owner.id),
    id,
  )
  await deleteTokensOf(context, manager, id)
  const receipt = await context.revoker
    .revoke({ kind: 'user', accountId: null, credentialId: id, roles: [] }, async (transaction) => {
      // First: what holds the manager holds a user, and two of them would wait for each other.
      mustLeaveAnOwner(await lockOwners(transaction, accountId), id)
      await manager.mustStillHold(transaction)
      if (!(await deleteAccountUser(transaction, id))) return false
      await recordAudit(transaction, {
        actor: manager.actor,
        action: 'user.delete',
        target: user,
        details: { level: user.level },
      })
      return true
    })
    .catch((error: unknown) => {
      if (sqlstateOf(error) !== sqlstates.foreignKeyViolation) throw error
      throw new AccessError('user_in_use', { cause: error })
    })
  if (receipt === undefined) throw userNotFound()
  context.observe({ event: 'user_deleted', userId: id })
  return receipt
}

/** Each with its roles in PostgreSQL. One that is being made is left, and keeps its user. */
async function deleteTokensOf(
  context: CommandContext,
  manager: ActingManager,
  userId: string,
): Promise<void> {
  const tokens = await listAllAccessTokens(context.store, manager.accountId)
  for (const token of tokens) {
    if (token.userId !== userId || token.state === 'pending') continue
    await deleteAccessToken(context, { ...manager, userId }, token.id)
  }
}
