import { openDocument, sealDocument } from '../batch/seal-document.ts'
import { auditOperator } from '../credential/audit-actor.ts'
import { lockKey, withAdvisoryLock } from '../roles/advisory-lock.ts'
import { openConnectionPassword, sealConnectionPassword } from '../roles/connection-password.ts'
import {
  listAccessTokensSealedOtherwise,
  updateAccessTokenSecrets,
} from '../store/access-tokens.ts'
import { listApiKeysSealedOtherwise, updateApiKeySecrets } from '../store/api-keys.ts'
import { listBatchJobsSealedOtherwise, updateBatchJobSeal } from '../store/batch-jobs.ts'
import { listConnectionsSealedOtherwise, updateConnectionSecret } from '../store/connections.ts'
import { inTransaction, sqlstateOf, sqlstates } from '../store/database.ts'
import { recordAudit } from '../store/record-audit.ts'
import {
  listSecondFactorsSealedOtherwise,
  updateSecondFactorSecret,
} from '../store/second-factors.ts'
import {
  countTokensFoundBy,
  deleteOtherSecretKeys,
  insertSecretKeys,
} from '../store/secret-keys.ts'
import { listTokenRolesSealedOtherwise, updateTokenRolePassword } from '../store/token-roles.ts'
import { type KeyRing, newRingKey } from '../token/key-ring.ts'
import {
  openAccessToken,
  openTokenRolePassword,
  sealAccessToken,
  sealTokenRolePassword,
} from './access-token-secrets.ts'
import { openPassword, openToken, sealApiKeySecrets } from './api-key-secrets.ts'
import type { CommandContext } from './context.ts'
import { openSecondFactor, sealSecondFactor } from './second-factor-secret.ts'

const batchSize = 500

export type Rotation = {
  readonly keyId: string
  readonly resealed: number
  /** Older keys that stay in the key file, and how many tokens are found by each. */
  readonly kept: readonly { readonly keyId: string; readonly tokens: number }[]
}

/**
 * Replaces the key that indexes and seals everything, while nodes go on serving:
 * 1. the key file holds the old key and a new, current one, and every node has read it;
 * 2. what the old key made is made anew with the new one;
 * 3. the key file holds the new key only, and every node has read it.
 * A token that is shown once cannot be indexed anew, because nobody knows it: the keys that such tokens
 * are found by stay in the key file, and are told as `kept`.
 * A crash at any point leaves a file that opens everything; running it again finishes the work.
 */
export async function rotateSecrets(
  context: CommandContext,
  files: {
    readonly read: () => Promise<KeyRing>
    readonly replace: (ring: KeyRing) => Promise<void>
  },
): Promise<Rotation> {
  // Two at once would each leave the other's key out of the file.
  return withAdvisoryLock(context.admin.cluster, lockKey('rotation'), () => rotate(context, files))
}

async function rotate(
  context: CommandContext,
  files: Parameters<typeof rotateSecrets>[1],
): Promise<Rotation> {
  const before = await files.read()
  const current = newRingKey(context.randomBytes)
  const both: KeyRing = { current, keys: [current, ...before.keys] }
  await files.replace(both)
  await inTransaction(context.store, async (transaction) => {
    await insertSecretKeys(transaction, [current.id])
    await recordAudit(transaction, {
      actor: auditOperator(null),
      action: 'secrets.rotate',
      target: { name: current.id },
    })
  })
  await announce(context)

  let resealed = 0
  do {
    resealed += await resealApiKeys(context, both)
    resealed += await resealBatchJobs(context, both)
    resealed += await resealConnections(context, both)
    resealed += await resealAccessTokens(context, both)
    resealed += await resealTokenRoles(context, both)
    resealed += await resealSecondFactors(context, both)
    // A row that was sealed with the old key a moment ago may only now have arrived.
  } while (!(await retireOthers(context, current.id)))
  const kept = await countTokensFoundBy(context.store)
  const needed = before.keys.filter(({ id }) => kept.some(({ keyId }) => keyId === id))
  await files.replace({ current, keys: [current, ...needed] })
  await announce(context)
  return { keyId: current.id, resealed, kept }
}

/** Resolves when every live node has read the key file as it is now. */
async function announce({ revoker }: CommandContext): Promise<void> {
  await revoker.revoke(
    { kind: 'key_ring', accountId: null, credentialId: null, roles: [] },
    async () => true,
  )
}

async function retireOthers({ store }: CommandContext, keyId: string): Promise<boolean> {
  try {
    await deleteOtherSecretKeys(store, keyId)
    return true
  } catch (error) {
    if (stillInUse.has(sqlstateOf(error) ?? '')) return false
    throw error
  }
}

/** Something is sealed with an old key, or is being written so and waits for what we delete. */
const stillInUse: ReadonlySet<string> = new Set([
  sqlstates.foreignKeyViolation,
  sqlstates.deadlockDetected,
])

function resealApiKeys({ store, randomBytes }: CommandContext, ring: KeyRing): Promise<number> {
  return resealAll(
    () => listApiKeysSealedOtherwise(store, ring.current.id, batchSize),
    async (row) => {
      const token = openToken(ring, row.id, row)
      const password = openPassword(ring, row.id, row)
      const secrets = sealApiKeySecrets(ring, row.id, { token, password }, randomBytes)
      const index = row.tokenIndex && token === undefined ? indexOf(row) : {}
      return updateApiKeySecrets(store, row.id, row, { ...secrets, ...index })
    },
  )
}

/** What a token that nobody knows goes on being found by. */
function indexOf<Index>(row: {
  readonly tokenIndex: Index
  readonly secretKeyId: string
  readonly indexKeyId?: string | null
}): { readonly tokenIndex: Index; readonly indexKeyId: string } {
  return { tokenIndex: row.tokenIndex, indexKeyId: row.indexKeyId ?? row.secretKeyId }
}

/** A job that runs is sealed anew by its node as well; whoever is later has the new key already. */
function resealBatchJobs({ store, randomBytes }: CommandContext, ring: KeyRing): Promise<number> {
  return resealAll(
    () => listBatchJobsSealedOtherwise(store, ring.current.id, batchSize),
    async (row) => {
      const document = openDocument(ring, row.id, row)
      const sealed = sealDocument(ring, row.id, document, randomBytes)
      return updateBatchJobSeal(store, row.id, row, sealed)
    },
  )
}

function resealConnections({ store, randomBytes }: CommandContext, ring: KeyRing): Promise<number> {
  return resealAll(
    () => listConnectionsSealedOtherwise(store, ring.current.id, batchSize),
    async (row) => {
      const password = openConnectionPassword(ring, row.id, row)
      const secret = sealConnectionPassword(ring, row.id, password, randomBytes)
      return updateConnectionSecret(store, row.id, row, secret)
    },
  )
}

function resealAccessTokens(
  { store, randomBytes }: CommandContext,
  ring: KeyRing,
): Promise<number> {
  return resealAll(
    () => listAccessTokensSealedOtherwise(store, ring.current.id, batchSize),
    async (row) => {
      const token = openAccessToken(ring, row.id, row)
      const secrets =
        token === undefined
          ? { secretKeyId: ring.current.id, tokenEnvelope: undefined, ...indexOf(row) }
          : sealAccessToken(ring, row.id, token, randomBytes)
      return updateAccessTokenSecrets(store, row.id, row, secrets)
    },
  )
}

function resealTokenRoles({ store, randomBytes }: CommandContext, ring: KeyRing): Promise<number> {
  return resealAll(
    () => listTokenRolesSealedOtherwise(store, ring.current.id, batchSize),
    async (row) => {
      const password = openTokenRolePassword(ring, row)
      const sealed = sealTokenRolePassword(ring, row.role, password, randomBytes)
      return updateTokenRolePassword(store, row, sealed)
    },
  )
}

function resealSecondFactors(
  { store, randomBytes }: CommandContext,
  ring: KeyRing,
): Promise<number> {
  return resealAll(
    () => listSecondFactorsSealedOtherwise(store, ring.current.id, batchSize),
    async (row) => {
      const secret = openSecondFactor(ring, row.userId, row)
      const sealed = sealSecondFactor(ring, row.userId, secret, randomBytes)
      return updateSecondFactorSecret(store, row.userId, row, sealed)
    },
  )
}

/**
 * Each row is written by itself and only if it still is what was read. To hold one row and wait for
 * another would be to wait in a circle with requests that hold the other and wait for the one.
 */
async function resealAll<Row>(
  list: () => Promise<readonly Row[]>,
  reseal: (row: Row) => Promise<boolean>,
): Promise<number> {
  for (let resealed = 0; ; ) {
    const rows = await list()
    if (rows.length === 0) return resealed
    for (const row of rows) if (await reseal(row)) resealed += 1
  }
}
