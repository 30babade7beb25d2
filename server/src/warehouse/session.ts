import type { Socket } from 'node:net'
import pg from 'pg'
import { AccessError } from '../errors.ts'
import { type CopyIn, createCopyIn } from './copy-in.ts'
import { type Deferred, deferred } from './deferred.ts'
import { runScript, type Script } from './run-script.ts'
import { sendCancel } from './send-cancel.ts'
import { startupOptions } from './startup-options.ts'
import {
  begin,
  commit,
  discardAll,
  nameToKeep,
  rollback,
  type Statement,
  statementMessages,
  sync,
  unsyncedMessages,
} from './statement-messages.ts'
import { SessionLostError, WarehouseError } from './warehouse-error.ts'
import {
  createWireReader,
  type WireColumn,
  type WireHandler,
  type WireNotice,
} from './wire-reader.ts'

export type { Statement } from './statement-messages.ts'

/** Where a session logs in. The password is fetched for each log-in and kept nowhere. */
export type SessionAddress = {
  readonly host: string
  readonly port: number
  readonly ssl: pg.ClientConfig['ssl']
  readonly database: string
  readonly role: string
  readonly password: string
}

/** Receives a result as it arrives. Row bytes are valid only during the call. */
export type ResultSink = {
  columns?(columns: WireColumn[]): void
  row?(buffer: Buffer, offset: number, columnCount: number): void
  notice?(notice: WireNotice): void
  /** A piece of a COPY TO STDOUT. Without this member such a copy is refused. */
  copyData?(buffer: Buffer, start: number, end: number): void
}

/** What became of a statement: its command tag, such as `SELECT 3` or `INSERT 0 1`. */
export type Completion = { readonly tag: string }

/**
 * One log-in as one role. A statement or a script has it for itself; afterwards, on a session for
 * callers' SQL, everything that could have been left behind is discarded before the session can be
 * used again.
 */
export type Session = {
  readonly role: string
  readonly processId: number
  /**
   * Runs a statement. Resolves when it is complete and committed.
   * Throws WarehouseError when PostgreSQL refuses it, SessionLostError when the session ends.
   */
  run(statement: Statement, sink: ResultSink): Promise<Completion>
  /**
   * Runs the statements of a script one after the other, up to the first that fails, and commits
   * or rolls back what it has not committed itself. `sinkOf` is asked as each statement begins;
   * resolves with what became of the last one. Throws as `run` does, and transaction_left_open.
   */
  runScript(script: Script, sinkOf: (index: number) => ResultSink): Promise<Completion>
  /**
   * Runs one COPY FROM STDIN with the data of `source`. Resolves when it is committed; throws as
   * `run` does, and what the source throws: then nothing of it remains.
   */
  copyIn(text: string, source: AsyncIterable<Buffer>, sink: ResultSink): Promise<Completion>
  /**
   * Resolves when the session is clean again and no cancel is on its way to it: true, or false when
   * it must not be used again.
   */
  settled(): Promise<boolean>
  pause(): void
  resume(): void
  /** Asks PostgreSQL to stop the running statement; a script begins no other. */
  cancel(): void
  destroy(cause?: unknown): void
  readonly isDestroyed: boolean
}

/**
 * A row has to be whole before it can be written out. It is in memory until then, and writing it out
 * keeps everybody else waiting.
 */
const maxRowBytes = 16 * 1024 * 1024

/** A statement that has ended, and the state of the transaction afterwards: I, T or E. */
type Ended = Completion & { readonly status: string }

/** pg's client, and the parts of it that it does not describe in its types. */
type ClientInternals = pg.Client & {
  readonly processID: number
  readonly secretKey: number
  readonly connection: { readonly stream: Socket }
}

/** The phases of one flight. Each ends with a ReadyForQuery. */
type Step = 'statement' | 'end' | 'discard'

/** What a statement may do to the transaction it runs in, as PostgreSQL reports it afterwards. */
type Expectation = { readonly states: string; readonly controlsTransaction: boolean }

const alone: Expectation = { states: 'I', controlsTransaction: false }
const inTransaction: Expectation = { states: 'TE', controlsTransaction: false }
const endsTransaction: Expectation = { states: 'I', controlsTransaction: true }
const anything: Expectation = { states: 'ITE', controlsTransaction: true }

/** Of these a statement that is not transaction control has no need. */
const transactionTag = /^(BEGIN|START TRANSACTION|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|PREPARE TRANS)/

/**
 * Logs in. `keepsState` is true for sessions that run only our own SQL: they keep their prepared
 * statements and are not reset. `lost` is told when the session ends by itself.
 */
export async function openSession(
  address: SessionAddress,
  options: {
    /** What PostgreSQL's list of sessions calls this one. */
    readonly applicationName?: string | undefined
    readonly statementTimeoutMs: number
    readonly connectTimeoutMs: number
    readonly keepsState: boolean
    /** Every transaction of the session is READ ONLY. */
    readonly readsOnly: boolean
    /** Where names without a schema are looked for, as SQL text; absent: as in an account's own database. */
    readonly searchPath?: string
    readonly lost: () => void
  },
): Promise<Session> {
  const client = new pg.Client({
    host: address.host,
    port: address.port,
    ssl: address.ssl,
    database: address.database,
    user: address.role,
    password: address.password,
    application_name: options.applicationName ?? 'postern',
    options: startupOptions(options),
    connectionTimeoutMillis: options.connectTimeoutMs,
  }) as ClientInternals
  let lose: (cause: unknown) => void = () => {}
  // Without a listener an error on an idle connection would end the process.
  client.on('error', (cause) => lose(cause))
  await client.connect()

  const { stream } = client.connection
  if (stream.destroyed) throw new SessionLostError()
  // pg has logged in; from here on the bytes are ours.
  stream.removeAllListeners('data')

  const prepared = new Set<string>()
  let destroyed = false
  let dirty = false
  let steps: Step[] = []
  let sink: ResultSink = {}
  let tag = ''
  let statementName = ''
  let failure: Error | undefined
  let flight: Deferred<Ended> | undefined
  let settling: Deferred<boolean> | undefined
  let expectation = alone
  let beginsTransaction = false
  /** A script has more to send: the end of a flight is not the end of the work. */
  let isHeld = false
  let isStopped = false
  let upload: CopyIn | undefined
  /** Cancels that PostgreSQL has not confirmed to have taken. */
  let cancels: Promise<void> = Promise.resolve()

  const handler: WireHandler = {
    rowDescription(columns) {
      if (steps[0] === 'statement') sink.columns?.(columns)
    },
    dataRow(buffer, offset, columnCount) {
      if (steps[0] === 'statement' && failure === undefined) sink.row?.(buffer, offset, columnCount)
    },
    commandComplete(text) {
      if (steps[0] !== 'statement') return
      // The first one is that of our own BEGIN.
      if (beginsTransaction) beginsTransaction = false
      else tag = text
      // Of a statement that has taken no data: it was something else.
      upload?.stop()
    },
    error(notice) {
      if (steps[0] === 'statement') {
        failure ??= new WarehouseError(notice)
        upload?.stop()
      } else dirty = true
    },
    notice(notice) {
      if (steps[0] === 'statement') sink.notice?.(notice)
    },
    parameterStatus() {
      // A statement has changed how the session reads or writes values. Nothing it says from here
      // on can be trusted to mean what we think.
      dirty = true
      if (steps[0] === 'statement') {
        failure ??= new AccessError('statement_not_allowed', {
          message: 'The statement changed a setting of the session, which no statement may do.',
        })
      }
    },
    readyForQuery(status) {
      finishStep(status)
    },
    copyIn() {
      if (steps[0] === 'statement' && upload !== undefined) upload.start()
      else refuseUnexpected()
    },
    copyOut() {
      if (steps[0] !== 'statement' || sink.copyData === undefined) refuseUnexpected()
    },
    copyData(buffer, start, end) {
      if (steps[0] === 'statement' && failure === undefined) sink.copyData?.(buffer, start, end)
    },
    unexpected: refuseUnexpected,
  }
  const read = createWireReader(handler, maxRowBytes)
  stream.on('data', (chunk: Buffer) => {
    try {
      read(chunk)
    } catch (cause) {
      // A sink that throws has nowhere to throw to: the statement is over, and so is the session.
      failure ??= cause instanceof Error ? cause : new Error(String(cause))
      end(failure)
    }
  })

  function refuseUnexpected(): void {
    dirty = true
    failure ??= new AccessError('statement_not_allowed', {
      message: 'The statement began a copy or sent a notification, which is not available here.',
    })
    end(failure)
  }

  function finishStep(status: string): void {
    const step = steps.shift()
    if (step === 'statement') {
      // A statement that ends a transaction it did not begin, or begins one, is a breakout.
      const isBreakout =
        failure === undefined && !expectation.controlsTransaction && transactionTag.test(tag)
      if (isBreakout || !expectation.states.includes(status)) {
        failure ??= new AccessError('statement_not_allowed', {
          message: 'The statement changed its transaction, which is not available here.',
        })
        end(failure)
        return
      }
      const done = flight
      flight = undefined
      upload = undefined
      if (failure === undefined) done?.resolve({ tag, status })
      else {
        // It may not have come so far as to be prepared.
        prepared.delete(statementName)
        done?.reject(failure)
      }
    } else if (status !== 'I') {
      dirty = true
    }
    if (steps.length === 0 && !isHeld) {
      const settled = settling
      settling = undefined
      if (dirty) end(new Error('The session could not be reset.'))
      settled?.resolve(!dirty)
    }
  }

  function end(cause?: unknown): void {
    if (destroyed) return
    destroyed = true
    upload?.abandon()
    stream.destroy()
    client.removeAllListeners('end')
    const reason = cause instanceof WarehouseError ? cause : new SessionLostError(cause)
    flight?.reject(failure ?? reason)
    settling?.resolve(false)
    flight = undefined
    settling = undefined
    options.lost()
  }
  lose = end
  stream.on('close', () => end())

  /** Begins work that has the session for itself until it has settled. */
  function take(): void {
    if (destroyed || isHeld || steps.length > 0) throw new SessionLostError()
    settling = deferred<boolean>()
    isStopped = false
  }

  /** Sends what belongs together; resolves when the first step, the statement, has ended. */
  function fly(
    messages: readonly Buffer[],
    as: {
      readonly sink: ResultSink
      readonly expectation: Expectation
      /** Our own BEGIN stands in front of the statement. */
      readonly begins: boolean
      /** What follows the statement. */
      readonly followedBy: readonly Step[]
    },
  ): Promise<Ended> {
    if (destroyed) return Promise.reject(new SessionLostError())
    sink = as.sink
    expectation = as.expectation
    beginsTransaction = as.begins
    tag = ''
    failure = undefined
    steps = ['statement', ...as.followedBy]
    const running = deferred<Ended>()
    flight = running
    stream.write(Buffer.concat(messages))
    return running.promise
  }

  return {
    role: address.role,
    processId: client.processID,
    get isDestroyed() {
      return destroyed
    },
    async run(statement, into) {
      take()
      statementName = nameToKeep(statement, prepared)
      const messages = statementMessages(statement, {
        name: statementName,
        isPrepared: prepared.has(statementName),
        describes: into.columns !== undefined,
      })
      if (statementName !== '') prepared.add(statementName)
      const discards = !options.keepsState
      const { tag: ownTag } = await fly(discards ? [...messages, discardAll] : messages, {
        sink: into,
        expectation: alone,
        begins: false,
        followedBy: discards ? ['discard'] : [],
      })
      return { tag: ownTag }
    },
    async runScript(script, sinkOf) {
      if (options.keepsState) throw new Error('A script needs a session that is reset.')
      take()
      isHeld = true
      statementName = ''
      let isComplete = false
      try {
        const completion = await runScript(script, sinkOf, {
          step: (statement, into) =>
            fly(
              [
                ...(statement.begins ? [begin] : []),
                ...statementMessages(statement, {
                  name: '',
                  isPrepared: false,
                  describes: into.columns !== undefined,
                }),
              ],
              {
                sink: into,
                expectation: statement.controlsTransaction ? anything : inTransaction,
                begins: statement.begins,
                followedBy: [],
              },
            ),
          commit: (into) =>
            fly([commit], {
              sink: into,
              expectation: endsTransaction,
              begins: false,
              followedBy: [],
            }),
          isStopped: () => isStopped,
          readsOnly: options.readsOnly,
        })
        isComplete = true
        return completion
      } finally {
        isHeld = false
        if (!destroyed) {
          steps = isComplete ? ['discard'] : ['end', 'discard']
          stream.write(isComplete ? discardAll : Buffer.concat([rollback, discardAll]))
        }
      }
    },
    async copyIn(text, source, into) {
      if (options.keepsState) throw new Error('A copy needs a session that is reset.')
      take()
      upload = createCopyIn({
        source,
        stream,
        close: (last) => stream.write(Buffer.concat([last, sync, discardAll])),
        failed(error) {
          failure ??= error instanceof Error ? error : new Error(String(error))
        },
      })
      const { tag: ownTag } = await fly(unsyncedMessages(text), {
        sink: into,
        expectation: alone,
        begins: false,
        followedBy: ['discard'],
      })
      // Whatever it was, it took no data.
      if (!ownTag.startsWith('COPY ')) throw new AccessError('statement_not_allowed')
      return { tag: ownTag }
    },
    async settled() {
      const isClean = (await settling?.promise) ?? (!destroyed && !dirty)
      // A cancel that arrives late would hit whatever the session runs by then.
      await cancels
      return isClean && !destroyed
    },
    pause() {
      stream.pause()
    },
    resume() {
      stream.resume()
    },
    cancel() {
      isStopped = true
      // While it waits for data, PostgreSQL does not look for a cancel.
      upload?.stop('The upload was stopped.')
      const sent = sendCancel(address, client.processID, client.secretKey)
      cancels = Promise.all([cancels, sent]).then(([, wasTaken]) => {
        if (!wasTaken) end(new Error('PostgreSQL did not take a cancel.'))
      })
    },
    destroy: end,
  }
}
