import { AccessError } from '../errors.ts'
import { lockAccountSettings } from '../store/accounts.ts'
import {
  type ApiKey,
  type ApiKeySecrets,
  countRegularApiKeys,
  insertApiKey,
} from '../store/api-keys.ts'
import { type Database, inRetriedTransaction } from '../store/database.ts'

/**
 * Inserts the row of a regular key, if its account may have one more. Two at once take their turns:
 * together they get no more than one alone. `seal` is asked last, for what the row is to keep: what
 * was sealed earlier may be sealed with a key that has been retired.
 * Throws key_quota_reached, engine_disabled, and what insertApiKey throws.
 */
export function insertWithinQuota(
  store: Database,
  key: ApiKey,
  seal: () => ApiKeySecrets,
): Promise<void> {
  return inRetriedTransaction(store, async (transaction) => {
    const settings = await lockAccountSettings(transaction, key.accountId)
    if (settings === undefined) throw new AccessError('credential_revoked')
    if (!settings.engineEnabled) throw new AccessError('engine_disabled')
    const { keyQuota } = settings
    if (keyQuota !== null) {
      const count = await countRegularApiKeys(transaction, key.accountId)
      if (count >= keyQuota) throw quotaReached(keyQuota, count)
    }
    const secrets = seal()
    await insertApiKey(
      transaction,
      key,
      settings.showOnce ? { ...secrets, tokenEnvelope: undefined } : secrets,
    )
  })
}

/** The sentence is the contract's; what the limit is stands beside it. */
function quotaReached(quota: number, count: number): AccessError {
  return new AccessError('key_quota_reached', {
    facts: { detail: `This account may have ${quota} regular keys and has ${count}.` },
  })
}
