import {
  deleteEndedBatchJobs,
  failOrphanedBatchJob,
  listAccountsWithIdleQueue,
  listOrphanedBatchJobs,
} from '../store/batch-jobs.ts'
import { addBatchTurn } from '../store/batch-turns.ts'
import { type Database, inTransaction } from '../store/database.ts'

/** For so long the end of a job can be asked about. */
const keepEndedMs = 2 * 60 * 60 * 1_000

/**
 * Ends the jobs of nodes that are gone: what still runs for them in the database first, by
 * `endSessions`. Whether they took effect nobody knows, so they are not run again.
 */
export async function endOrphanedJobs(options: {
  readonly store: Database
  /** Ends the sessions that jobs of this role use, and resolves when they are gone. */
  readonly endSessions: (role: string) => Promise<void>
  readonly now: () => Date
}): Promise<void> {
  const { store, endSessions, now } = options
  for (const { id, accountId, roles } of await listOrphanedBatchJobs(store)) {
    for (const role of roles) await endSessions(role)
    await inTransaction(store, async (transaction) => {
      await failOrphanedBatchJob(transaction, id, now())
      await addBatchTurn(transaction, accountId)
    })
  }
}

/** Forgets jobs that ended long ago, and puts accounts back into the line that fell out of it. */
export async function tidyQueue(store: Database, now: () => Date): Promise<void> {
  await deleteEndedBatchJobs(store, new Date(now().getTime() - keepEndedMs))
  for (const accountId of await listAccountsWithIdleQueue(store)) {
    await inTransaction(store, (transaction) => addBatchTurn(transaction, accountId))
  }
}
