import type { Principal } from '../credential/principal.ts'
import { AccessError } from '../errors.ts'
import {
  cancelPendingBatchJob,
  findBatchJob,
  lockBatchJob,
  requestBatchJobCancel,
} from '../store/batch-jobs.ts'
import { inRetriedTransaction } from '../store/database.ts'
import type { CommandContext } from './context.ts'
import { mustStillHold } from './must-still-hold.ts'
import {
  type BatchJobView,
  batchJobNotFound,
  mustBeJobId,
  ownerOf,
  viewBatchJob,
} from './view-batch-job.ts'

/** For so long the answer waits for a job that runs to stop. */
const stopTimeoutMs = 10_000

/**
 * Cancels a job. One that waits never runs; of one that runs the wish is written down first, so that
 * it holds whatever becomes of this request, and the node that runs it acts on it. When it resolves
 * with `cancelled`, nothing of the job runs any more; with `running`, it has not stopped yet and will.
 * Throws batch_job_not_found, batch_job_ended, credential_revoked.
 */
export async function cancelBatchJob(
  context: CommandContext,
  principal: Principal,
  id: string,
  sleep = (ms: number) => new Promise<void>((done) => setTimeout(done, ms)),
): Promise<BatchJobView> {
  const { store, now } = context
  mustBeJobId(id)
  const owner = ownerOf(principal)
  const before = await inRetriedTransaction(store, async (transaction) => {
    await mustStillHold(transaction, principal)
    const job = await lockBatchJob(transaction, owner, id)
    if (job === undefined) throw batchJobNotFound(id)
    if (job.status === 'pending') await cancelPendingBatchJob(transaction, id, now())
    if (job.status === 'running') await requestBatchJobCancel(transaction, id, now())
    return viewBatchJob(context, principal, job)
  })
  if (before.status !== 'pending' && before.status !== 'running') throw hasEnded(before)

  for (let waitedMs = 0, pauseMs = 10; ; waitedMs += pauseMs) {
    const row = await findBatchJob(store, owner, id)
    // Only what has ended is ever forgotten.
    if (row === undefined) throw batchJobNotFound(id)
    const job = viewBatchJob(context, principal, row)
    if (job.status === 'done' || job.status === 'failed') throw hasEnded(job)
    if (job.status === 'cancelled' || waitedMs >= stopTimeoutMs) return job
    pauseMs = Math.min(pauseMs * 2, 200)
    await sleep(pauseMs)
  }
}

/** In the words of the classic API, which has fewer of them for jobs with fallbacks. */
function hasEnded({ status, document }: BatchJobView): AccessError {
  const from = document.form === 'fallback' ? '' : `from ${status} `
  return new AccessError('batch_job_ended', { message: `Cannot set status ${from}to cancelled` })
}
