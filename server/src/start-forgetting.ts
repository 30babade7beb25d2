import type { Observe } from './observations.ts'
import { deleteOldAuditEvents } from './store/audit-events.ts'
import type { Queryable } from './store/database.ts'

const intervalMs = 24 * 60 * 60 * 1_000
/** So many rows go in one statement, which nobody else has to wait for. */
const rowsPerDeletion = 10_000

/** Forgets events of the audit log that are older than a year: now, and then once a day. */
export function startForgetting({
  store,
  observe,
}: {
  readonly store: Queryable
  readonly observe: Observe
}): { stop(): Promise<void> } {
  let isStopping = false
  let forgetting = forget()
  const timer = setInterval(() => {
    forgetting = forget()
  }, intervalMs)
  timer.unref()

  async function forget(): Promise<void> {
    try {
      while (!isStopping && (await deleteOldAuditEvents(store, rowsPerDeletion)) > 0);
    } catch (cause) {
      observe({ event: 'audit_not_forgotten', cause })
    }
  }

  return {
    async stop() {
      isStopping = true
      clearInterval(timer)
      await forgetting
    },
  }
}
