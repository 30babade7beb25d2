import type { SealedDocument } from '../store/batch-jobs.ts'
import type { RandomBytes } from '../token/base62.ts'
import { getRingKey, type KeyRing } from '../token/key-ring.ts'
import { openSealed, seal } from '../token/seal.ts'
import type { JobDocument } from './job-document.ts'

/** Moved to another job, an envelope does not open. */
const boundTo = (jobId: string) => `batch_job:${jobId}:document`

/** Seals what a job runs with the current key of the ring. */
export function sealDocument(
  ring: KeyRing,
  jobId: string,
  document: JobDocument,
  randomBytes: RandomBytes,
): SealedDocument {
  const key = ring.current
  return {
    secretKeyId: key.id,
    envelope: seal(key, JSON.stringify(document), boundTo(jobId), randomBytes),
  }
}

/** Throws when the ring does not have the key, or the envelope is not this job's. */
export function openDocument(ring: KeyRing, jobId: string, sealed: SealedDocument): JobDocument {
  const key = getRingKey(ring, sealed.secretKeyId)
  return JSON.parse(openSealed(key, sealed.envelope, boundTo(jobId))) as JobDocument
}
