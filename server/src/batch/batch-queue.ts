import { EventEmitter } from 'node:events'
import { Logger, type Runner, run, type WorkerEvents } from 'graphile-worker'
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
  const trouble = (cause: unknown) => observe({ event: 'batch_trouble', cause })
  const logger = new Logger(() => (level, message, meta) => {
    if (level === 'error' || level === 'warning') trouble(meta?.error ?? new Error(message))
  })
  /** More than one while an older one, which takes no more turns, waits for those it has. */
  const runners = new Set<Runner>()
  let stopped = false
  let timer: NodeJS.Timeout | undefined

  async function start(): Promise<void> {
    let isReplaced = false
    const replace = () => {
      if (!isReplaced) startSoon()
      isReplaced = true
    }
    const events: WorkerEvents = new EventEmitter()
    // It gives up when it cannot write down that a turn is over: an outage, mostly.
    events.on('pool:gracefulShutdown', replace)
    const runner = await run({
      pgPool: store,
      concurrency,
      pollInterval: pollEveryMs,
      // Signals are the server's.
      noHandleSignals: true,
      logger,
      events,
      parsedCronItems: [],
      // Without these delays nobody waits for what it writes down, and a failure ends the process.
      preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
      taskList: { [batchTurnTask]: (payload) => runTurn(accountIdOf(payload)) },
    })
    runners.add(runner)
    runner.promise
      .catch(trouble)
      .finally(() => {
        runners.delete(runner)
        replace()
      })
      .catch(trouble)
    if (stopped) await runner.stop()
  }

  function startSoon(): void {
    if (stopped) return
    timer = setTimeout(() => {
      start().catch((cause: unknown) => {
        trouble(cause)
        startSoon()
      })
    }, restartAfterMs)
  }

  await start()
  return {
    async stop() {
      stopped = true
      clearTimeout(timer)
      // One that has given up says that it is stopping already.
      const stopping = [...runners].map((runner) => runner.stop().catch(() => runner.promise))
      await Promise.all(stopping.map((each) => each.catch(trouble)))
    },
  }
}

function accountIdOf(payload: unknown): string {
  const { accountId } = payload as { accountId?: unknown }
  if (typeof accountId === 'string') return accountId
  throw new Error('A turn in the line of batch jobs names no account.')
}
