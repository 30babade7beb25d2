import { AccessError } from '../errors.ts'
import { lockAccountSettings } from '../store/accounts.ts'
import {
  type ApiKey,
  type ApiKeySecrets,
  countRegularApiKeys,
  insertApiKey,
} from '../store/api-keys.ts'
import { type Database, inTransaction } from '../store/database.ts'

/**
 * Inserts the row of a regular key, if its account may have one more. Two at once take their turns:
 * together they get no more than one alone.
 * Throws key_quota_reached, engine_disabled, and what insertApiKey throws.
 */
export function insertWithinQuota(
  store: Database,
  key: ApiKey,
  secrets: ApiKeySecrets,
): Promise<void> {
  return inTransaction(store, async (transaction) => {
    const settings = await lockAccountSettings(transaction, key.accountId)
    if (settings === undefined) throw new AccessError('credential_revoked')
    if (!settings.engineEnabled) throw new AccessError('engine_disabled')
    const { keyQuota } = settings
    if (keyQuota !== null) {
      const count = await countRegularApiKeys(transaction, key.accountId)
      if (count >= keyQuota) throw quotaReached(keyQuota, count)
    }
    await insertApiKey(transaction, key, secrets)
  })
}

/** The sentence is the contract's; what the limit is stands beside it. */
function quotaReached(quota: number, count: number): AccessError {
  return new AccessError('key_quota_reached', {
    facts: { detail: `This account may have ${quota} regular keys and has ${count}.` },
  })
}
