import { openDocument, sealDocument } from '../batch/seal-document.ts'
import { lockKey, withAdvisoryLock } from '../roles/advisory-lock.ts'
import { listApiKeysSealedOtherwise, updateApiKeySecrets } from '../store/api-keys.ts'
import { listBatchJobsSealedOtherwise, updateBatchJobSeal } from '../store/batch-jobs.ts'
import { inTransaction, sqlstateOf, sqlstates } from '../store/database.ts'
import { deleteOtherSecretKeys, insertSecretKeys } from '../store/secret-keys.ts'
import { type KeyRing, newRingKey } from '../token/key-ring.ts'
import { openPassword, openToken, sealApiKeySecrets } from './api-key-secrets.ts'
import type { CommandContext } from './context.ts'

const batchSize = 500

/**
 * Replaces the key that indexes and seals everything, while nodes go on serving:
 * 1. the key file holds the old key and a new, current one, and every node has read it;
 * 2. what the old key made is made anew with the new one;
 * 3. the key file holds the new key only, and every node has read it.
 * A crash at any point leaves a file that opens everything; running it again finishes the work.
 */
export async function rotateSecrets(
  context: CommandContext,
  files: {
    readonly read: () => Promise<KeyRing>
    readonly replace: (ring: KeyRing) => Promise<void>
  },
): Promise<{ keyId: string; resealed: number }> {
  // Two at once would each leave the other's key out of the file.
  return withAdvisoryLock(context.admin.cluster, lockKey('rotation'), () => rotate(context, files))
}

async function rotate(
  context: CommandContext,
  files: Parameters<typeof rotateSecrets>[1],
): Promise<{ keyId: string; resealed: number }> {
  const before = await files.read()
  const current = newRingKey(context.randomBytes)
  const both: KeyRing = { current, keys: [current, ...before.keys] }
  await files.replace(both)
  await insertSecretKeys(context.store, [current.id])
  await announce(context)

  let resealed = 0
  do {
    let count: number
    do {
      count = (await resealBatch(context, both)) + (await resealJobs(context, both))
      resealed += count
    } while (count >= batchSize)
    // A row that was sealed with the old key a moment ago may only now have arrived.
  } while (!(await retireOthers(context, current.id)))
  await files.replace({ current, keys: [current] })
  await announce(context)
  return { keyId: current.id, resealed }
}

/** Resolves when every live node has read the key file as it is now. */
async function announce({ revoker }: CommandContext): Promise<void> {
  await revoker.revoke(
    { kind: 'key_ring', accountId: null, apiKeyId: null, role: null },
    async () => true,
  )
}

async function retireOthers({ store }: CommandContext, keyId: string): Promise<boolean> {
  try {
    await deleteOtherSecretKeys(store, keyId)
    return true
  } catch (error) {
    if (sqlstateOf(error) === sqlstates.foreignKeyViolation) return false
    throw error
  }
}

/** A job that runs is sealed anew by its node as well; whoever is later has the new key already. */
function resealJobs(context: CommandContext, ring: KeyRing): Promise<number> {
  return inTransaction(context.store, async (transaction) => {
    const rows = await listBatchJobsSealedOtherwise(transaction, ring.current.id, batchSize)
    for (const row of rows) {
      const document = openDocument(ring, row.id, row)
      const sealed = sealDocument(ring, row.id, document, context.randomBytes)
      await updateBatchJobSeal(transaction, row.id, sealed)
    }
    return rows.length
  })
}

function resealBatch(context: CommandContext, ring: KeyRing): Promise<number> {
  return inTransaction(context.store, async (transaction) => {
    const rows = await listApiKeysSealedOtherwise(transaction, ring.current.id, batchSize)
    for (const row of rows) {
      const token = openToken(ring, row.id, row)
      const password = openPassword(ring, row.id, row)
      const secrets = sealApiKeySecrets(ring, row.id, { token, password }, context.randomBytes)
      await updateApiKeySecrets(transaction, row.id, secrets)
    }
    return rows.length
  })
}
