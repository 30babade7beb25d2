import type { Queryable } from './database.ts'

/** The task that graphile-worker hands to a node: one turn of one account's queue. */
export const batchTurnTask = 'run_next_batch_job'

/**
 * Puts an account into the line of those whose next job is to be run. An account stands in it once,
 * however many jobs wait, so that nobody's many jobs keep others waiting. Takes effect when the
 * transaction commits. The queue must have been opened once, which makes its schema.
 */
export async function addBatchTurn(transaction: Queryable, accountId: string): Promise<void> {
  await transaction.query(
    `select from graphile_worker.add_job($1::text, payload := json_build_object('accountId', $2::text),
       job_key := $2::text, job_key_mode := 'preserve_run_at')`,
    [batchTurnTask, accountId],
  )
}
