import type { JobDocument } from '../batch/job-document.ts'
import { sealDocument } from '../batch/seal-document.ts'
import type { Principal } from '../credential/principal.ts'
import { AccessError } from '../errors.ts'
import { lockBatchJob, updatePendingBatchJob } from '../store/batch-jobs.ts'
import { inRetriedTransaction } from '../store/database.ts'
import type { CommandContext } from './context.ts'
import { mustStillHold } from './must-still-hold.ts'
import { type BatchJobView, batchJobNotFound, mustBeJobId, ownerOf } from './view-batch-job.ts'

/**
 * Replaces what a job is to run, as long as it waits. It still runs as the role of the key that made it.
 * Throws batch_job_not_found, batch_job_not_pending, credential_revoked.
 */
export async function updateBatchJob(
  context: CommandContext,
  principal: Principal,
  id: string,
  document: JobDocument,
): Promise<BatchJobView> {
  const { store, keyRing, randomBytes, now } = context
  mustBeJobId(id)
  return inRetriedTransaction(store, async (transaction) => {
    await mustStillHold(transaction, principal)
    const job = await lockBatchJob(transaction, ownerOf(principal), id)
    if (job === undefined) throw batchJobNotFound(id)
    if (job.status !== 'pending') throw new AccessError('batch_job_not_pending')
    const updatedAt = now()
    const sealed = sealDocument(keyRing(), id, document, randomBytes)
    await updatePendingBatchJob(transaction, id, sealed, updatedAt)
    const { accountName } = principal
    return { id, accountName, status: 'pending', document, createdAt: job.createdAt, updatedAt }
  })
}
