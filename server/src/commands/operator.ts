import { auditOperator } from '../credential/audit-actor.ts'
import type { Manager } from '../credential/manager.ts'
import { findAccountOwner } from '../store/account-users.ts'
import type { CommandContext } from './context.ts'

/** What of a manager commands need. */
export type ActingManager = Pick<Manager, 'accountId' | 'userId' | 'actor' | 'mustStillHold'>

/** Whoever runs the command line: in the owner's name, and by nothing that could end. */
export async function getOperator(
  { store }: Pick<CommandContext, 'store'>,
  { id }: { readonly id: string },
): Promise<ActingManager> {
  const owner = await findAccountOwner(store, id)
  if (owner === undefined) throw new Error('The account has no owner.')
  return {
    accountId: id,
    userId: owner.id,
    actor: auditOperator(id),
    mustStillHold: async () => {},
  }
}
