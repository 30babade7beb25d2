import { AccessError } from '../errors.ts'
import type { Receipt } from '../revocation/revoke.ts'
import { deleteAccessTokenRow, updateAccessTokenState } from '../store/access-tokens.ts'
import { findAccountById } from '../store/accounts.ts'
import { recordAudit } from '../store/record-audit.ts'
import { listAccessTokenRoles } from '../store/token-roles.ts'
import type { CommandContext } from './context.ts'
import { dropTokenRoles } from './drop-token-roles.ts'
import { getOwnToken } from './get-own-token.ts'
import type { ActingManager } from './operator.ts'

/**
 * Deletes an access token. When it resolves, no node accepts it, no answer is still being sent under
 * it, no database session of its roles lives and no cache serves for it.
 * Throws access_token_not_found.
 */
export async function deleteAccessToken(
  context: CommandContext,
  manager: ActingManager,
  tokenOrId: string,
): Promise<Receipt> {
  const { store, revoker, observe, now } = context
  const startedAt = now().getTime()
  // A deletion that was not confirmed in time is taken up again.
  const token = await getOwnToken(context, manager, tokenOrId, ['active', 'deleting'])
  const account = await findAccountById(store, token.accountId)
  if (account === undefined) throw new AccessError('access_token_not_found')
  const roles = await listAccessTokenRoles(store, token.id)
  const receipt = await revoker.revoke(
    {
      kind: 'access_token',
      accountId: null,
      credentialId: token.id,
      roles: roles.map(({ role }) => role),
    },
    async (transaction) => {
      await manager.mustStillHold(transaction)
      await updateAccessTokenState(transaction, token.id, 'deleting')
      await recordAudit(transaction, {
        actor: manager.actor,
        action: 'access_token.delete',
        target: token,
      })
      return true
    },
  )
  if (receipt === undefined) throw new AccessError('access_token_not_found')
  const ended = await dropTokenRoles(context, account, roles)
  await deleteAccessTokenRow(store, token.id)
  // What this node has closed may still have been there for PostgreSQL to count as well.
  const whole = { ...receipt, sessionsEnded: Math.max(receipt.sessionsEnded, ended) }
  observe({
    event: 'credential_revoked',
    credentialId: token.id,
    ...whole,
    elapsedMs: now().getTime() - startedAt,
  })
  observe({ event: 'access_token_deleted', credentialId: token.id })
  return whole
}
