import { AccessError } from '../errors.ts'
import type { Receipt } from '../revocation/revoke.ts'
import { deleteOAuthClient as deleteRow } from '../store/oauth-clients.ts'
import { recordAudit } from '../store/record-audit.ts'
import type { CommandContext } from './context.ts'
import { isUuid } from './list-users.ts'
import type { ActingManager } from './operator.ts'

/**
 * Deletes a client with all that it was let do. When it resolves no node takes a token of it, and
 * nothing goes on under one.
 * Throws oauth_client_not_found.
 */
export async function deleteOAuthClient(
  context: CommandContext,
  manager: ActingManager,
  id: string,
): Promise<Receipt> {
  if (!isUuid(id)) throw new AccessError('oauth_client_not_found')
  const receipt = await context.revoker.revoke(
    { kind: 'oauth_client', accountId: null, credentialId: id, roles: [] },
    async (transaction) => {
      await manager.mustStillHold(transaction)
      const client = await deleteRow(transaction, manager.accountId, id)
      if (client === undefined) return false
      await recordAudit(transaction, {
        actor: manager.actor,
        action: 'oauth_client.delete',
        target: client,
      })
      return true
    },
  )
  if (receipt === undefined) throw new AccessError('oauth_client_not_found')
  context.observe({ event: 'oauth_client_deleted', clientId: id })
  return receipt
}
