import { inRetriedTransaction } from '../store/database.ts'
import { recordAudit } from '../store/record-audit.ts'
import { deleteSecondFactor } from '../store/second-factors.ts'
import type { CommandContext } from './context.ts'
import { getUser } from './list-users.ts'
import type { ActingManager } from './operator.ts'

/**
 * Turns off the second factor of a user of the manager's account, with its recovery codes. Returns
 * whether there was one. Throws user_not_found.
 */
export async function turnOffSecondFactor(
  context: CommandContext,
  { accountId, actor, mustStillHold }: ActingManager,
  id: string,
): Promise<boolean> {
  const user = await getUser(context, accountId, id)
  const wasOn = await inRetriedTransaction(context.store, async (transaction) => {
    await mustStillHold(transaction)
    if (!(await deleteSecondFactor(transaction, id))) return false
    await recordAudit(transaction, { actor, action: 'second_factor.delete', target: user })
    return true
  })
  if (wasOn) context.observe({ event: 'second_factor_changed', userId: id, isOn: false })
  return wasOn
}
