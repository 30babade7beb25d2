import { countRecoveryCodes, findSecondFactor } from '../store/second-factors.ts'
import type { CommandContext } from './context.ts'

/** Since when a user has a second factor, null for none, and how many recovery codes are left. */
export async function viewSecondFactor(
  { store }: Pick<CommandContext, 'store'>,
  userId: string,
): Promise<{ readonly confirmedAt: Date | null; readonly recoveryCodesLeft: number }> {
  const factor = await findSecondFactor(store, userId)
  return {
    confirmedAt: factor?.confirmedAt ?? null,
    recoveryCodesLeft: await countRecoveryCodes(store, userId),
  }
}
