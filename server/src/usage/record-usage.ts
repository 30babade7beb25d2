import type { Observe } from '../observations.ts'
import type { Database } from '../store/database.ts'
import { addUsage, deleteUsageBefore } from '../store/usage.ts'
import { createUsageCounts } from './count-usage.ts'

/** How long hours are kept. */
export const usageRetentionMs = 90 * 24 * 3_600_000
/** What a crash can lose. */
const writeIntervalMs = 5_000
const cleanIntervalMs = 3_600_000
const maxEntries = 200_000
/** So many rows go into one statement. */
const rowsPerWrite = 2_000

export type UsageRecorder = {
  /** A reader of what is observed. */
  readonly count: Observe
  /** Writes what has been counted. Resolves when it is written, or could not be: then it is kept. */
  write(): Promise<void>
  /** Writes for the last time. */
  stop(): Promise<void>
}

/**
 * Counts requests per credential in memory and adds them to the control database every few seconds.
 * What is written is added, so nodes need not know of each other. Where a write failed halfway it is
 * done again, and may then count twice; never is a request forgotten as long as there is room.
 */
export function createUsageRecorder(options: {
  readonly store: Database
  /** Wall-clock milliseconds. */
  readonly now: () => number
  readonly observe: Observe
}): UsageRecorder {
  const { store, now, observe } = options
  const counts = createUsageCounts({ maxEntries, now })
  let writing: Promise<void> | undefined
  let cleanedAtMs = Number.NEGATIVE_INFINITY

  async function writeAll(): Promise<void> {
    const waiting = [...counts.take()]
    try {
      while (waiting.length > 0) {
        await addUsage(store, waiting.slice(0, rowsPerWrite))
        waiting.splice(0, rowsPerWrite)
      }
      if (now() - cleanedAtMs >= cleanIntervalMs) {
        await deleteUsageBefore(store, new Date(now() - usageRetentionMs))
        cleanedAtMs = now()
      }
    } catch (cause) {
      counts.putBack(waiting)
      observe({ event: 'usage_not_written', cause })
    }
    const requests = counts.takeLost()
    if (requests > 0) observe({ event: 'usage_lost', requests })
  }

  function write(): Promise<void> {
    writing ??= writeAll().finally(() => {
      writing = undefined
    })
    return writing
  }

  const timer = setInterval(() => void write(), writeIntervalMs)
  timer.unref()
  return {
    count: counts.count,
    write,
    async stop() {
      clearInterval(timer)
      await writing
      await write()
    },
  }
}
