import type { KeyReader } from '../policy/key-reader.ts'
import { isStorableText } from '../policy/storable-text.ts'
import { findApiKeyByName } from '../store/api-keys.ts'
import {
  type CredentialUse,
  listUsage,
  listUses,
  type UsageGranularity,
  type UsagePeriod,
} from '../store/usage.ts'
import type { CommandContext } from './context.ts'
import { apiKeyNotFound } from './list-api-keys.ts'

/** How much a credential was used. */
export type CredentialUsage = {
  readonly name: string
  /** Undefined when it was never used. */
  readonly use: CredentialUse | undefined
  readonly periods: readonly UsagePeriod[]
}

/**
 * How much a key that `reader` sees was used in a stretch of time. Throws api_key_not_found for a key that is absent or another's alike.
 */
export async function getApiKeyUsage(
  { store }: Pick<CommandContext, 'store'>,
  reader: Omit<KeyReader, 'mayKnowToken'>,
  name: string,
  stretch: {
    readonly granularity: UsageGranularity
    readonly from: Date
    readonly to: Date
  },
): Promise<CredentialUsage> {
  if (!isStorableText(name)) throw apiKeyNotFound(name)
  const key = await findApiKeyByName(store, reader.accountId, name)
  const isVisible = reader.ownKey === undefined || key?.id === reader.ownKey.id
  if (key === undefined || !isVisible) throw apiKeyNotFound(name)
  const uses = await listUses(store, 'api_key', [key.id])
  const periods = await listUsage(store, { subject: 'api_key', id: key.id, ...stretch })
  return { name: key.name, use: uses.get(key.id), periods }
}
