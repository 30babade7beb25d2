import { Logger, type Runner, run } from 'graphile-worker'
import type { Observe } from '../observations.ts'
import { batchTurnTask } from '../store/batch-turns.ts'
import type { Database } from '../store/database.ts'

export type BatchQueue = {
  /** Takes no more turns; resolves when those that were taken are over. */
  stop(): Promise<void>
}

/** New turns are announced; this only makes good what was announced while nobody heard it. */
const pollEveryMs = 10_000
const restartAfterMs = 2_000

/**
 * Takes turns from the line that all nodes share, at most `concurrency` at a time. Makes the schema
 * of graphile-worker when it is not there. `runTurn` is told an account's id; when it throws, the
 * turn is repeated later.
 * Throws when the control database cannot be reached.
 */
export async function openBatchQueue(options: {
  readonly store: Database
  readonly concurrency: number
  readonly runTurn: (accountId: string) => Promise<void>
  readonly observe: Observe
}): Promise<BatchQueue> {
  const { store, concurrency, runTurn, observe } = options
  const logger = new Logger(() => (level, message, meta) => {
    if (level !== 'error' && level !== 'warning') return
    observe({ event: 'batch_trouble', cause: meta?.error ?? new Error(message) })
  })
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  let runner: Runner | undefined

  async function start(): Promise<void> {
    const started = await run({
      pgPool: store,
      concurrency,
      pollInterval: pollEveryMs,
      // Signals are the server's.
      noHandleSignals: true,
      logger,
      parsedCronItems: [],
      taskList: { [batchTurnTask]: (payload) => runTurn(accountIdOf(payload)) },
    })
    runner = started
    // It gives up when it cannot write down what it did: an outage, mostly.
    started.promise
      .catch((cause: unknown) => observe({ event: 'batch_trouble', cause }))
      .finally(restart)
      .catch(() => {})
  }

  function restart(): void {
    runner = undefined
    if (stopped) return
    timer = setTimeout(() => {
      start().catch((cause: unknown) => {
        observe({ event: 'batch_trouble', cause })
        restart()
      })
    }, restartAfterMs)
  }

  await start()
  return {
    async stop() {
      stopped = true
      clearTimeout(timer)
      await runner?.stop().catch((cause: unknown) => observe({ event: 'batch_trouble', cause }))
    },
  }
}

function accountIdOf(payload: unknown): string {
  const { accountId } = payload as { accountId?: unknown }
  if (typeof accountId === 'string') return accountId
  throw new Error('A turn in the line of batch jobs names no account.')
}
