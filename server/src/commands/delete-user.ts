import type { Receipt } from '../revocation/revoke.ts'
import { deleteAccountUser, lockOwners } from '../store/account-users.ts'
import type { CommandContext } from './context.ts'
import type { UserAdministrator } from './create-user.ts'
import { getUser, userNotFound } from './list-users.ts'
import { mustLeaveAnOwner } from './update-user.ts'

/**
 * Deletes a user with all that is theirs. When it resolves none of it works anywhere. What belongs to
 * the account stays.
 * Throws user_not_found, last_owner.
 */
export async function deleteUser(
  context: CommandContext,
  administrator: UserAdministrator,
  id: string,
): Promise<Receipt> {
  const { accountId } = administrator
  await getUser(context, accountId, id)
  const receipt = await context.revoker.revoke(
    { kind: 'user', accountId: null, credentialId: id, roles: [] },
    async (transaction) => {
      // First: what holds the administrator holds a user, and two of them would wait for each other.
      mustLeaveAnOwner(await lockOwners(transaction, accountId), id)
      await administrator.mustStillHold(transaction)
      return deleteAccountUser(transaction, id)
    },
  )
  if (receipt === undefined) throw userNotFound()
  context.observe({ event: 'user_deleted', userId: id })
  return receipt
}
