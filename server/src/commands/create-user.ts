import { randomUUID } from 'node:crypto'
import { AccessError } from '../errors.ts'
import { parseUserDetails } from '../policy/user-details.ts'
import { type AccountUser, insertAccountUser } from '../store/account-users.ts'
import { inRetriedTransaction, sqlstateOf, sqlstates } from '../store/database.ts'
import { recordAudit } from '../store/record-audit.ts'
import { randomBase62 } from '../token/base62.ts'
import type { CommandContext } from './context.ts'
import type { ActingManager } from './operator.ts'

/**
 * Adds a user to an account. Without a password one is made, which is told this once.
 * Throws invalid_user, user_taken.
 */
export async function createUser(
  context: CommandContext,
  manager: ActingManager,
  given: {
    readonly name: unknown
    readonly level: unknown
    readonly email?: unknown
    readonly password?: unknown
  },
): Promise<{ readonly user: AccountUser; readonly newPassword: string | undefined }> {
  const parsed = parseUserDetails(given)
  if (!parsed.ok) throw new AccessError('invalid_user', { message: parsed.message })
  const { name, level, email = null, password } = parsed.details
  if (name === undefined || level === undefined) {
    throw new AccessError('invalid_user', { message: 'name and level are needed.' })
  }
  const newPassword = password === undefined ? newUserPassword(context) : undefined
  const passwordHash = await context.passwords.hash(password ?? newPassword ?? '')
  const now = context.now()
  const user: AccountUser = {
    id: randomUUID(),
    accountId: manager.accountId,
    name,
    email,
    level,
    createdAt: now,
    updatedAt: now,
  }
  await inRetriedTransaction(context.store, async (transaction) => {
    await manager.mustStillHold(transaction)
    await insertAccountUser(transaction, { ...user, passwordHash })
    await recordAudit(transaction, {
      actor: manager.actor,
      action: 'user.create',
      target: user,
      details: { level },
    })
  }).catch((error: unknown) => {
    throw userTaken(error)
  })
  context.observe({ event: 'user_created', userId: user.id })
  return { user, newPassword }
}

/** A password that nobody has thought of. */
export function newUserPassword({ randomBytes }: CommandContext): string {
  return randomBase62(24, randomBytes)
}

/** What to say of an error in writing a user: that somebody has the name, where that is it. */
export function userTaken(error: unknown): unknown {
  return sqlstateOf(error) === sqlstates.uniqueViolation
    ? new AccessError('user_taken', { cause: error })
    : error
}
