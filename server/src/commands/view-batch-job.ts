import { endReasons } from '../batch/end-reasons.ts'
import { type JobDocument, settleDocument } from '../batch/job-document.ts'
import { openDocument } from '../batch/seal-document.ts'
import type { Principal } from '../credential/principal.ts'
import { AccessError } from '../errors.ts'
import type { BatchJob, BatchJobOwner, BatchJobState, SealedDocument } from '../store/batch-jobs.ts'
import type { CommandContext } from './context.ts'

/** A job as whoever made it may see it. */
export type BatchJobView = {
  readonly id: string
  readonly accountName: string
  readonly status: BatchJobState
  readonly document: JobDocument
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** Opens a job for a principal that may see it. */
export function viewBatchJob(
  { keyRing }: Pick<CommandContext, 'keyRing'>,
  { accountName }: Principal,
  job: BatchJob & SealedDocument,
): BatchJobView {
  const { id, status, endReason, createdAt, updatedAt } = job
  const document = openDocument(keyRing(), id, job)
  return {
    id,
    accountName,
    status,
    // Who ends a job from outside does not open it: what is left open in it is settled here.
    document:
      status === 'failed' || status === 'cancelled'
        ? settleDocument(document, {
            state: status,
            reason: endReason === null ? undefined : endReasons[endReason],
          })
        : document,
    createdAt,
    updatedAt,
  }
}

/** The master key has all jobs of its account, another credential those that it made. */
export function ownerOf({ kind, accountId, credentialId }: Principal): BatchJobOwner {
  return { accountId, credentialId: kind === 'master' ? null : credentialId }
}

/** An id that no job has, or none that this principal may know of: there is no telling which. */
export function batchJobNotFound(id: string): AccessError {
  return new AccessError('batch_job_not_found', { message: `Job with id ${id} not found` })
}

const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i

/** Throws batch_job_not_found for what cannot be the id of a job. */
export function mustBeJobId(id: string): void {
  if (!uuid.test(id)) throw batchJobNotFound(id)
}
