import { AccessError } from '../errors.ts'
import { parseUserDetails } from '../policy/user-details.ts'
import { type AccountUser, lockOwners, updateAccountUser } from '../store/account-users.ts'
import type { Queryable } from '../store/database.ts'
import { recordAudit } from '../store/record-audit.ts'
import { deleteSignInsOf } from '../store/sign-ins.ts'
import type { CommandContext } from './context.ts'
import { newUserPassword, userTaken } from './create-user.ts'
import { getUser, userNotFound } from './list-users.ts'
import type { ActingManager } from './operator.ts'

/**
 * Changes a user; what is not given stays. A new level or password ends what is under way for the
 * user, and a new password every sign-in but `keptSignInId`: when it resolves that holds on every
 * node. `newPassword` asks for a password to be made, which is told this once.
 * Throws user_not_found, invalid_user, user_taken, last_owner.
 */
export async function updateUser(
  context: CommandContext,
  manager: ActingManager,
  id: string,
  given: {
    readonly name?: unknown
    readonly email?: unknown
    readonly level?: unknown
    readonly password?: unknown
  },
  options: { readonly newPassword?: boolean; readonly keptSignInId?: string } = {},
): Promise<{ readonly user: AccountUser; readonly newPassword: string | undefined }> {
  const { accountId } = manager
  const before = await getUser(context, accountId, id)
  const parsed = parseUserDetails(given)
  if (!parsed.ok) throw new AccessError('invalid_user', { message: parsed.message })
  const newPassword = options.newPassword ? newUserPassword(context) : undefined
  const { password = newPassword, ...details } = parsed.details
  const passwordHash = password === undefined ? undefined : await context.passwords.hash(password)

  let user: AccountUser | undefined
  const change = async (transaction: Queryable) => {
    // First: what holds the manager holds a user, and two of them would wait for each other.
    const owners = await lockOwners(transaction, accountId)
    await manager.mustStillHold(transaction)
    const staysOwner = details.level === undefined || details.level === 'owner'
    if (!staysOwner) mustLeaveAnOwner(owners, id)
    user = await updateAccountUser(transaction, id, {
      ...details,
      ...(passwordHash !== undefined && { passwordHash }),
      updatedAt: context.now(),
    })
    if (passwordHash !== undefined) await deleteSignInsOf(transaction, id, options.keptSignInId)
    if (user === undefined) return false
    await recordAudit(transaction, {
      actor: manager.actor,
      action: 'user.update',
      target: user,
      details: {
        ...(user.level !== before.level && { level: user.level, level_before: before.level }),
        ...(user.name !== before.name && { name_before: before.name }),
        ...(user.email !== before.email && { email: 'changed' }),
        ...(passwordHash !== undefined && { password: 'changed' }),
      },
    })
    return true
  }
  await context.revoker
    .revoke({ kind: 'user', accountId: null, credentialId: id, roles: [] }, change)
    .catch((error: unknown) => {
      throw userTaken(error)
    })
  if (user === undefined) throw userNotFound()
  context.observe({ event: 'user_changed', userId: id })
  return { user, newPassword }
}

/** Throws last_owner when this user is the only one of the account's owners. */
export function mustLeaveAnOwner(owners: readonly string[], id: string): void {
  if (owners.length === 1 && owners[0] === id) throw new AccessError('last_owner')
}
