import { AccessError } from '../errors.ts'
import { inRetriedTransaction } from '../store/database.ts'
import { deleteInvitation, type ListedInvitation, listInvitations } from '../store/invitations.ts'
import { recordAudit } from '../store/record-audit.ts'
import type { CommandContext } from './context.ts'
import type { ActingManager } from './operator.ts'

/** The invitations of an account that can still be accepted. */
export function listOpenInvitations(
  { store, now }: Pick<CommandContext, 'store' | 'now'>,
  accountId: string,
): Promise<ListedInvitation[]> {
  return listInvitations(store, accountId, now())
}

/** Takes an invitation back: its link is worth nothing any more. Throws invitation_not_found. */
export async function revokeInvitation(
  context: Pick<CommandContext, 'store' | 'now'>,
  { accountId, actor, mustStillHold }: ActingManager,
  id: string,
): Promise<void> {
  const invitations = await listOpenInvitations(context, accountId)
  const found = invitations.find((invitation) => invitation.id === id)
  const isGone = await inRetriedTransaction(context.store, async (transaction) => {
    await mustStillHold(transaction)
    if (found === undefined || !(await deleteInvitation(transaction, found.id))) return false
    const target = { id: found.id, name: found.email }
    await recordAudit(transaction, { actor, action: 'invitation.delete', target })
    return true
  })
  if (!isGone) throw new AccessError('invitation_not_found')
}
