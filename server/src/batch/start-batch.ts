import type { Observe } from '../observations.ts'
import type { Database } from '../store/database.ts'
import { type BatchQueue, openBatchQueue } from './batch-queue.ts'
import type { JobRunner } from './job-runner.ts'
import { endOrphanedJobs, tidyQueue } from './recover-jobs.ts'

/** Jobs that one node runs at a time, each of another account. */
export const jobsPerNode = 4

/** What happens to a job within so long is noticed, even when nobody said it. */
const lookEveryMs = 1_000
const recoverEveryMs = 5_000
const tidyEveryMs = 60_000
/** How long a node that stops waits for its turns to be given back. */
const settleMs = 2_000

export type Batch = {
  /** Looks whether jobs that run here are to stop. */
  cancelRequested(): void
  stop(graceMs: number): Promise<void>
}

/**
 * Lets this node run batch jobs: takes turns, stops what is to be stopped, ends what nodes that are
 * gone have left behind, forgets what is old. Throws when the control database cannot be reached.
 */
export async function startBatch(options: {
  readonly store: Database
  readonly runner: JobRunner
  readonly endSessions: (role: string) => Promise<void>
  readonly now: () => Date
  readonly observe: Observe
}): Promise<Batch> {
  const { store, runner, endSessions, now, observe } = options
  const trouble = (cause: unknown) => observe({ event: 'batch_trouble', cause })

  /** One at a time; what goes wrong is tried again the next time. */
  const every = (intervalMs: number, work: () => Promise<void>) => {
    let isBusy = false
    const attempt = () => {
      if (isBusy) return
      isBusy = true
      work()
        .catch(trouble)
        .finally(() => {
          isBusy = false
        })
        .catch(() => {})
    }
    const timer = setInterval(attempt, intervalMs)
    return { attempt, stop: () => clearInterval(timer) }
  }

  const queue: BatchQueue = await openBatchQueue({
    store,
    concurrency: jobsPerNode,
    runTurn: (accountId) => runner.runNext(accountId),
    observe,
  })
  const look = every(lookEveryMs, () => runner.cancelRequested())
  const recover = every(recoverEveryMs, () => endOrphanedJobs({ store, endSessions, now }))
  const tidy = every(tidyEveryMs, () => tidyQueue(store, now))
  recover.attempt()
  tidy.attempt()

  return {
    cancelRequested: look.attempt,
    async stop(graceMs) {
      for (const { stop } of [recover, tidy]) stop()
      const queueStopped = queue.stop()
      await atMost(graceMs, queueStopped)
      await runner.stop()
      // Without a control database it would go on trying to write down what was done.
      await atMost(settleMs, queueStopped)
      look.stop()
    },
  }
}

function atMost(ms: number, work: Promise<void>): Promise<unknown> {
  return Promise.race([work, new Promise((done) => setTimeout(done, ms).unref())])
}
