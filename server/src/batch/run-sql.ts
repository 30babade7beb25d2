import { AccessError } from '../errors.ts'
import type { Observe } from '../observations.ts'
import { createWarehouse } from '../warehouse/run-statement.ts'
import type { SessionKey, Sessions } from '../warehouse/sessions.ts'
import type { RunSql } from './job-runner.ts'
import { planJobQuery } from './plan-job-query.ts'

/** For so many times a job waits for a session of its role; nothing of it has run until then. */
const maxBusyAttempts = 60
const busyPauseMs = 1_000

/**
 * Runs SQL of jobs on sessions that logged in as the role of the principal. `terminate` ends a
 * backend that does not stop by itself and resolves when it is gone: only then is the SQL over.
 */
export function createRunSql(options: {
  readonly sessions: Sessions
  readonly terminate: (processId: number, key: SessionKey) => Promise<void>
  readonly timeoutMs: number
  readonly observe: Observe
  readonly wrote?: Parameters<typeof createWarehouse>[0]['wrote']
  readonly sleep?: (ms: number) => Promise<void>
}): RunSql {
  const { sessions, terminate, timeoutMs: maxTimeoutMs, observe } = options
  const { sleep = (ms) => new Promise((done) => setTimeout(done, ms)) } = options
  const terminations = new Set<Promise<void>>()
  const warehouse = createWarehouse({
    sessions,
    terminate(processId, key) {
      const ending = terminate(processId, key)
      const settled = ending.catch(() => {}).finally(() => terminations.delete(settled))
      terminations.add(settled)
      return ending
    },
    observe,
    ...(options.wrote !== undefined && { wrote: options.wrote }),
  })

  return async (principal, query, signal) => {
    const { script, ...planned } = planJobQuery(principal, query)
    const deadlineMs = Math.min(query.timeoutMs ?? maxTimeoutMs, maxTimeoutMs)
    const runOptions = { ...planned, deadlineMs, signal }
    for (let attempt = 1; ; attempt += 1) {
      try {
        await warehouse.runScript(runOptions, script, () => ({}))
        return
      } catch (error) {
        await Promise.all(terminations)
        const isBusy = error instanceof AccessError && error.code === 'warehouse_busy'
        if (!isBusy || attempt >= maxBusyAttempts) throw error
        await sleep(busyPauseMs)
      }
    }
  }
}
