import { auditActorOf, type Caller } from '../credential/audit-actor.ts'
import { AccessError } from '../errors.ts'
import { isStorableText } from '../policy/storable-text.ts'
import type { Receipt } from '../revocation/revoke.ts'
import { dropKeyRole } from '../roles/drop-key-role.ts'
import { findAccountById } from '../store/accounts.ts'
import {
  type ApiKey,
  deleteApiKeyRow,
  findApiKeyByName,
  findDeletingApiKey,
  lockApiKey,
  updateApiKeyState,
} from '../store/api-keys.ts'
import { withRetries } from '../store/database.ts'
import { recordAudit } from '../store/record-audit.ts'
import type { CommandContext } from './context.ts'
import { apiKeyNotFound } from './list-api-keys.ts'
import { mustStillHold } from './must-still-hold.ts'

/**
 * Deletes a regular key. When it resolves, no node accepts the token, no answer is still being sent
 * under it, no database session of its role lives and no cache holds it. What the key's role owned
 * belongs to the account from then on.
 * Throws api_key_protected for the two built-in keys, api_key_not_found.
 */
export async function deleteApiKey(
  context: CommandContext,
  caller: Caller,
  name: string,
): Promise<Receipt> {
  const { store, admin, revoker, observe, now } = context
  const startedAt = now().getTime()
  if (!isStorableText(name)) throw apiKeyNotFound(name)
  const account = await findAccountById(store, caller.accountId)
  if (account === undefined) throw apiKeyNotFound(name)
  const key: ApiKey | undefined =
    (await findApiKeyByName(store, account.id, name)) ??
    // A deletion that was not confirmed in time is taken up again.
    (await findDeletingApiKey(store, account.id, name))
  if (key === undefined) throw apiKeyNotFound(name)
  if (key.type !== 'regular') throw new AccessError('api_key_protected')

  const receipt = await revoker.revoke(
    { kind: 'api_key', accountId: null, credentialId: key.id, roles: [key.role] },
    async (transaction) => {
      const locked = await lockApiKey(transaction, key.id)
      await mustStillHold(transaction, caller)
      // Somebody else has just finished deleting it.
      if (locked === undefined) return false
      await updateApiKeyState(transaction, key.id, 'deleting')
      await recordAudit(transaction, {
        actor: auditActorOf(caller),
        action: 'api_key.delete',
        target: key,
      })
      return true
    },
  )
  if (receipt === undefined) throw apiKeyNotFound(name)
  const ended = await dropKeyRole(admin, {
    database: account.database,
    role: key.role,
    ownerRole: account.ownerRole,
  })
  // What was counted for it goes with it, in an order of PostgreSQL's own.
  await withRetries(() => deleteApiKeyRow(store, key.id))
  // What this node has closed may still have been there for PostgreSQL to count as well.
  const sessionsEnded = Math.max(receipt.sessionsEnded, ended.sessionsEnded)
  const whole = { ...receipt, sessionsEnded }
  observe({
    event: 'credential_revoked',
    credentialId: key.id,
    ...whole,
    elapsedMs: now().getTime() - startedAt,
  })
  observe({ event: 'api_key_deleted', credentialId: key.id })
  return whole
}
