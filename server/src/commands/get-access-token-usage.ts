import { listUsage, listUses, type UsageGranularity } from '../store/usage.ts'
import type { CommandContext } from './context.ts'
import type { CredentialUsage } from './get-api-key-usage.ts'
import { getOwnToken } from './get-own-token.ts'
import type { ActingManager } from './operator.ts'

/**
 * How much one of the manager's own tokens was used in a stretch of time. Throws
 * access_token_not_found.
 */
export async function getAccessTokenUsage(
  context: Pick<CommandContext, 'store' | 'keyRing'>,
  manager: Pick<ActingManager, 'accountId' | 'userId'>,
  tokenOrId: string,
  stretch: {
    readonly granularity: UsageGranularity
    readonly from: Date
    readonly to: Date
  },
): Promise<CredentialUsage> {
  const { id, name } = await getOwnToken(context, manager, tokenOrId)
  const uses = await listUses(context.store, 'access_token', [id])
  const periods = await listUsage(context.store, { subject: 'access_token', id, ...stretch })
  return { name, use: uses.get(id), periods }
}
