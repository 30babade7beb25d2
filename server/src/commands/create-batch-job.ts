import { randomUUID } from 'node:crypto'
import type { JobDocument } from '../batch/job-document.ts'
import { sealDocument } from '../batch/seal-document.ts'
import type { Principal } from '../credential/principal.ts'
import { AccessError } from '../errors.ts'
import {
  countPendingBatchJobs,
  deleteSurplusBatchJobs,
  insertBatchJob,
  lockBatchQueue,
} from '../store/batch-jobs.ts'
import { addBatchTurn } from '../store/batch-turns.ts'
import { inRetriedTransaction } from '../store/database.ts'
import type { CommandContext } from './context.ts'
import { mustStillHold } from './must-still-hold.ts'
import type { BatchJobView } from './view-batch-job.ts'

/** The most jobs of an account that may wait. */
const maxPendingJobs = 64
/** The most jobs of an account that are kept when they have ended. */
const maxEndedJobs = 1_000

/**
 * Puts a job into the account's queue; it runs as the role of the credential that made it.
 * Throws batch_queue_full, credential_revoked.
 */
export async function createBatchJob(
  context: CommandContext,
  principal: Principal,
  document: JobDocument,
): Promise<BatchJobView> {
  const { store, keyRing, randomBytes, now, observe } = context
  const { accountId, accountName, credentialId, issuedAtMs, kind } = principal
  const id = randomUUID()
  const createdAt = now()
  await inRetriedTransaction(store, async (transaction) => {
    await mustStillHold(transaction, principal)
    await lockBatchQueue(transaction, accountId)
    if ((await countPendingBatchJobs(transaction, accountId)) >= maxPendingJobs) {
      throw new AccessError('batch_queue_full', {
        message: `Failed to create job. Max number of jobs (${maxPendingJobs}) queued reached`,
      })
    }
    await deleteSurplusBatchJobs(transaction, accountId, maxEndedJobs)
    await insertBatchJob(transaction, {
      id,
      accountId,
      credentialId,
      isOfToken: kind === 'token',
      createdAt,
      issuedAtMs,
      document: sealDocument(keyRing(), id, document, randomBytes),
    })
    await addBatchTurn(transaction, accountId)
  })
  observe({ event: 'batch_job_created', jobId: id, account: accountName, credentialId })
  return { id, accountName, status: 'pending', document, createdAt, updatedAt: createdAt }
}
