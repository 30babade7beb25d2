import type { Principal } from '../credential/principal.ts'
import { findBatchJob, listBatchJobs as listRows } from '../store/batch-jobs.ts'
import type { CommandContext } from './context.ts'
import {
  type BatchJobView,
  batchJobNotFound,
  mustBeJobId,
  ownerOf,
  viewBatchJob,
} from './view-batch-job.ts'

/** The most jobs that are listed: the newest. */
const maxListed = 100

/** Throws batch_job_not_found, for another's job as for none. */
export async function getBatchJob(
  context: CommandContext,
  principal: Principal,
  id: string,
): Promise<BatchJobView> {
  mustBeJobId(id)
  const job = await findBatchJob(context.store, ownerOf(principal), id)
  if (job === undefined) throw batchJobNotFound(id)
  return viewBatchJob(context, principal, job)
}

/** The jobs that the principal may see, the newest first. */
export async function listBatchJobs(
  context: CommandContext,
  principal: Principal,
): Promise<BatchJobView[]> {
  const jobs = await listRows(context.store, ownerOf(principal), maxListed)
  return jobs.map((job) => viewBatchJob(context, principal, job))
}
