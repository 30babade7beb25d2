import { AccessError } from '../errors.ts'
import type { Observe } from '../observations.ts'
import type { StopSignal } from '../stop-signal.ts'
import type { Script } from './run-script.ts'
import type { Completion, ResultSink, Session, Statement } from './session.ts'
import type { Lane, SessionKey, Sessions } from './sessions.ts'
import { SessionLostError, WarehouseError } from './warehouse-error.ts'

/** How long a statement may go on after it was asked to stop, before its session is ended. */
const cancelGraceMs = 250

export type RunOptions = {
  readonly key: SessionKey
  readonly lane: Lane
  readonly deadlineMs: number
  /** Aborts with the reason that the caller is to see: a revocation, or the client going away. */
  readonly signal: StopSignal
  /** In the lane `caller`: the relations that are written to, if any; absent when it may be anything. */
  readonly writes?: WrittenRelations
}

/** Relations by name; undefined when they cannot be told. */
export type WrittenRelations =
  | readonly { readonly schema?: string; readonly name: string }[]
  | undefined

export type Warehouse = {
  /**
   * Runs `work` with a session of the caller's role. The deadline is kept here, outside the session,
   * where no SQL can reach it: first a cancel, then, if that is swallowed, an end.
   * Throws statement_timed_out, the signal's reason, WarehouseError, or an availability error.
   */
  run<T>(options: RunOptions, work: (session: Session) => Promise<T>): Promise<T>
  /** Runs one statement: `run` with nothing around it. */
  runStatement(options: RunOptions, statement: Statement, sink: ResultSink): Promise<Completion>
  /**
   * Runs a text of statements. One that is alone runs as such, without a transaction around it
   * unless it is READ ONLY; several run as a script. `sinkOf` is asked as each begins. The deadline
   * is that of the whole.
   */
  runScript(
    options: RunOptions,
    script: Script,
    sinkOf: (index: number) => ResultSink,
  ): Promise<Completion>
}

export function createWarehouse(options: {
  readonly sessions: Sessions
  /** Ends a backend that does not stop by itself. */
  readonly terminate: (processId: number, key: SessionKey) => Promise<void>
  readonly observe: Observe
  /** Told when something that may write has ended, whatever became of it. */
  readonly wrote?: (key: SessionKey, written: WrittenRelations) => void
}): Warehouse {
  const { sessions, terminate, observe, wrote = () => {} } = options

  async function run<T>(
    { key, lane, deadlineMs, signal, writes }: RunOptions,
    work: (session: Session) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted()
    const session = await sessions.acquire(key, lane, signal)
    let stopReason: unknown
    let graceTimer: NodeJS.Timeout | undefined

    const stop = (reason: unknown, why: string) => {
      if (stopReason !== undefined) return
      stopReason = reason
      // A paused session would never read that its statement was stopped.
      session.resume()
      session.cancel()
      observe({ event: 'statement_cancelled', role: key.role, reason: why })
      graceTimer = setTimeout(() => {
        observe({ event: 'session_terminated', role: key.role, reason: why })
        session.destroy(reason)
        void terminate(session.processId, key).catch((cause: unknown) => {
          observe({ event: 'warehouse_unreachable', cause })
        })
      }, cancelGraceMs)
    }
    const onAbort = () => stop(signal.reason, 'aborted')
    const deadline = setTimeout(
      () => stop(new AccessError('statement_timed_out'), 'deadline'),
      deadlineMs,
    )
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      // It can have ended between the moment the session was free and now.
      signal.throwIfAborted()
      const result = await work(session)
      // What was asked for under a credential that has ended since is not answered any more.
      signal.throwIfAborted()
      return result
    } catch (error) {
      if (stopReason !== undefined) throw stopReason
      throw runError(error)
    } finally {
      clearTimeout(deadline)
      clearTimeout(graceTimer)
      signal.removeEventListener('abort', onAbort)
      if (lane === 'caller') wrote(key, writes)
      sessions.release(session)
    }
  }

  return {
    run,
    runStatement: (runOptions, statement, sink) =>
      run(runOptions, (session) => session.run(statement, sink)),
    runScript: (runOptions, script, sinkOf) =>
      run(runOptions, (session) => runScriptIn(session, script, sinkOf)),
  }
}

/** See Warehouse.runScript. */
export function runScriptIn(
  session: Session,
  script: Script,
  sinkOf: (index: number) => ResultSink,
): Promise<Completion> {
  const [only, second] = script
  return only === undefined || second !== undefined || only.controlsTransaction
    ? session.runScript(script, sinkOf)
    : session.run({ text: only.text, values: only.values ?? [] }, sinkOf(0))
}

function runError(error: unknown): unknown {
  if (error instanceof SessionLostError) {
    if (error.cause instanceof AccessError) return error.cause
    return new AccessError('warehouse_unavailable', { cause: error })
  }
  if (error instanceof WarehouseError) {
    // 57P01 to 57P03: the server is stopping, or an operator has ended the session.
    if (error.sqlstate.startsWith('57P')) {
      return new AccessError('warehouse_unavailable', { cause: error })
    }
    if (error.sqlstate === '57014') return new AccessError('statement_timed_out', { cause: error })
  }
  return error
}
