import { AccessError } from '../errors.ts'
import type { Observe } from '../observations.ts'
import { classifyStatement } from '../policy/classify-statement.ts'
import { cutScript } from '../policy/cut-script.ts'
import { decide } from '../policy/decide.ts'
import { writtenTables } from '../policy/written-tables.ts'
import { createWarehouse } from '../warehouse/run-statement.ts'
import type { SessionKey, Sessions } from '../warehouse/sessions.ts'
import type { RunSql } from './job-runner.ts'

/** More than a request may be long: values have been put into a fallback's placeholders. */
const maxSqlBytes = 256 * 1024
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

  return async (principal, sql, { timeoutMs = maxTimeoutMs, signal }) => {
    const statement = classifyStatement(sql, { maxBytes: maxSqlBytes })
    const decision = decide(principal, { surface: 'batch', statement })
    if (!decision.allowed) {
      throw new AccessError(decision.reason, {
        ...(decision.message !== undefined && { message: decision.message }),
      })
    }
    const script = cutScript(sql, statement.understood ? statement.statements : [])
    const lane = decision.readOnly ? 'reader' : 'caller'
    const { database, role } = principal
    const deadlineMs = Math.min(timeoutMs, maxTimeoutMs)
    const writes = writtenTables(statement)
    const runOptions = { key: { database, role }, lane, deadlineMs, signal, writes } as const
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
