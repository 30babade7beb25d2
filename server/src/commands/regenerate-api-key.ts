import { auditActorOf, type Caller } from '../credential/audit-actor.ts'
import { AccessError } from '../errors.ts'
import { findMasterKeyRefusal } from '../policy/key-reader.ts'
import { isStorableText } from '../policy/storable-text.ts'
import type { Receipt } from '../revocation/revoke.ts'
import { endSessions } from '../roles/end-sessions.ts'
import { findAccountById, lockAccountSettings } from '../store/accounts.ts'
import { findApiKeyByName, lockApiKey, updateApiKeyToken } from '../store/api-keys.ts'
import { recordAudit } from '../store/record-audit.ts'
import { mintToken } from '../token/token.ts'
import { openPassword, sealApiKeySecrets } from './api-key-secrets.ts'
import type { CommandContext } from './context.ts'
import { apiKeyNotFound } from './list-api-keys.ts'
import { mustStillHold } from './must-still-hold.ts'
import { type ApiKeyView, viewApiKeys } from './view-api-keys.ts'

/**
 * Gives a key a new token: same name, same grants, same role. When it resolves the old token is as
 * dead as if the key had been deleted.
 * Throws api_key_protected for the default public key, whose token is a fixed word, api_key_not_found;
 * for the master key and a user: level_too_low, confirmation_needed.
 */
export async function regenerateApiKey(
  context: CommandContext,
  caller: Caller,
  name: string,
): Promise<{ view: ApiKeyView; receipt: Receipt }> {
  const { store, admin, revoker, randomBytes, observe, now } = context
  const startedAt = now().getTime()
  if (!isStorableText(name)) throw apiKeyNotFound(name)
  const account = await findAccountById(store, caller.accountId)
  const key = account === undefined ? undefined : await findApiKeyByName(store, account.id, name)
  if (account === undefined || key === undefined) throw apiKeyNotFound(name)
  const { type } = key
  if (type === 'default') {
    throw new AccessError('api_key_protected', {
      facts: { detail: 'The token of the default public key is always default_public.' },
    })
  }
  const refusal = type === 'master' && caller.user && findMasterKeyRefusal(caller.user, now())
  if (refusal) throw new AccessError(refusal.reason, { message: refusal.message })

  const token = mintToken(type, randomBytes)
  const receipt = await revoker.revoke(
    { kind: 'api_key', accountId: null, credentialId: key.id, roles: [key.role] },
    async (transaction) => {
      // First: whoever switches "show once" on holds the account before its keys.
      const settings = await lockAccountSettings(transaction, account.id)
      const locked = await lockApiKey(transaction, key.id)
      await mustStillHold(transaction, caller)
      if (settings === undefined || locked === undefined) return false
      const ring = context.keyRing()
      const password = openPassword(ring, key.id, locked)
      const secrets = sealApiKeySecrets(ring, key.id, { token, password }, randomBytes)
      const isDone = await updateApiKeyToken(transaction, key.id, {
        ...secrets,
        ...(settings.showOnce && { tokenEnvelope: undefined }),
        updatedAt: now(),
      })
      if (!isDone) return false
      await recordAudit(transaction, {
        actor: auditActorOf(caller),
        action: 'api_key.regenerate',
        target: key,
        details: { type },
      })
      return true
    },
  )
  // Deleted while we looked.
  if (receipt === undefined) throw apiKeyNotFound(name)
  // What this node has closed may still have been there for PostgreSQL to count as well.
  const sessionsEnded = Math.max(receipt.sessionsEnded, await endSessions(admin, [key.role]))
  const whole = { ...receipt, sessionsEnded }
  observe({
    event: 'credential_revoked',
    credentialId: key.id,
    ...whole,
    elapsedMs: now().getTime() - startedAt,
  })
  observe({ event: 'api_key_regenerated', credentialId: key.id })
  const regenerated = await findApiKeyByName(store, account.id, name)
  const [view] = regenerated ? await viewApiKeys(context, account, [{ ...regenerated, token }]) : []
  if (view === undefined) throw apiKeyNotFound(name)
  return { view, receipt: whole }
}
