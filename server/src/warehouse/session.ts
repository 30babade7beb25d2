import { createConnection, type Socket } from 'node:net'
import pg from 'pg'
import { serialize } from 'pg-protocol'
import { AccessError } from '../errors.ts'
import { type Deferred, deferred } from './deferred.ts'
import { SessionLostError, WarehouseError } from './warehouse-error.ts'
import {
  createWireReader,
  type WireColumn,
  type WireHandler,
  type WireNotice,
} from './wire-reader.ts'

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
}

export type Statement = {
  readonly text: string
  readonly values?: readonly (string | number | null)[]
  /** Wraps the statement in BEGIN READ ONLY ... COMMIT. */
  readonly readOnly?: boolean
  /** Ask for binary values instead of text. */
  readonly binary?: boolean
  /** Only for our own SQL on sessions that no caller's SQL ever runs on: prepare once, by this name. */
  readonly name?: string
}

/** What became of a statement: its command tag, such as `SELECT 3` or `INSERT 0 1`. */
export type Completion = { readonly tag: string }

/**
 * One log-in as one role. A statement runs alone; afterwards, on a session for callers' SQL,
 * everything that it could have left behind is discarded in the same flight, before the session can
 * be used again.
 */
export type Session = {
  readonly role: string
  readonly processId: number
  /**
   * Runs a statement. Resolves when it is complete and, outside READ ONLY, committed.
   * Throws WarehouseError when PostgreSQL refuses it, SessionLostError when the session ends.
   */
  run(statement: Statement, sink: ResultSink): Promise<Completion>
  /**
   * Resolves when the session is clean again and no cancel is on its way to it: true, or false when
   * it must not be used again.
   */
  settled(): Promise<boolean>
  pause(): void
  resume(): void
  /** Asks PostgreSQL to stop the running statement. */
  cancel(): void
  destroy(cause?: unknown): void
  readonly isDestroyed: boolean
}

/**
 * What every session starts with and DISCARD ALL returns to. Sent at log-in, these win over
 * anything that a role has stored with ALTER ROLE ... SET.
 */
function startupOptions(statementTimeoutMs: number): string {
  const settings: Record<string, string> = {
    search_path: 'public,cartodb,postgis',
    client_encoding: 'UTF8',
    standard_conforming_strings: 'on',
    datestyle: 'ISO,YMD',
    timezone: 'UTC',
    intervalstyle: 'postgres',
    bytea_output: 'hex',
    extra_float_digits: '1',
    client_min_messages: 'notice',
    // The gateway itself says which statements are to be read-only.
    default_transaction_read_only: 'off',
    default_transaction_isolation: 'read\\ committed',
    // The second fence: the gateway's own timer comes first.
    statement_timeout: String(statementTimeoutMs + 5_000),
    lock_timeout: String(statementTimeoutMs),
    idle_in_transaction_session_timeout: '10000',
    // A query whose gateway has gone is noticed while it still runs.
    client_connection_check_interval: '1000',
    jit: 'off',
  }
  return Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ')
}

/**
 * A row has to be whole before it can be written out. It is in memory until then, and writing it out
 * keeps everybody else waiting.
 */
const maxRowBytes = 16 * 1024 * 1024

/** More statements than these are not kept: each costs the backend memory for as long as it lives. */
const maxPreparedStatements = 200

const commit = serialize.query('commit')
const discardAll = serialize.query('discard all')
const sync = serialize.sync()
const describePortal = serialize.describe({ type: 'P', name: '' })
const executePortal = serialize.execute({ portal: '', rows: 0 })
const bindUnnamed = serialize.bind({ portal: '', statement: '', values: [] })
/** No sync of its own: where this fails, by a cancel for one, what follows is not run either. */
const beginReadOnly = Buffer.concat([
  serialize.parse({ text: 'begin read only' }),
  bindUnnamed,
  executePortal,
])

/** pg's client, and the parts of it that it does not describe in its types. */
type ClientInternals = pg.Client & {
  readonly processID: number
  readonly secretKey: number
  readonly connection: { readonly stream: Socket }
}

/** The phases of one flight. Each ends with a ReadyForQuery. */
type Step = 'statement' | 'commit' | 'discard'

/** Of these a statement that runs alone has no need. */
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
    options: startupOptions(options.statementTimeoutMs),
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
  let flight: Deferred<Completion> | undefined
  let settling: Deferred<boolean> | undefined
  let expectsTransaction = false
  let beginsTransaction = false
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
    },
    error(notice) {
      if (steps[0] === 'statement') failure ??= new WarehouseError(notice)
      else dirty = true
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
    unexpected() {
      dirty = true
      failure ??= new AccessError('statement_not_allowed', {
        message: 'The statement began a copy or sent a notification, which is not available here.',
      })
      end(failure)
    },
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

  function finishStep(status: string): void {
    const step = steps.shift()
    if (step === 'statement') {
      // A statement that ends a transaction it did not begin, or begins one, is a breakout.
      const expected = expectsTransaction ? ['T', 'E'] : ['I']
      const isBreakout = failure === undefined && transactionTag.test(tag)
      if (isBreakout || !expected.includes(status)) {
        failure ??= new AccessError('statement_not_allowed', {
          message: 'The statement changed its transaction, which is not available here.',
        })
        end(failure)
        return
      }
      const done = flight
      flight = undefined
      if (failure === undefined) done?.resolve({ tag })
      else {
        // It may not have come so far as to be prepared.
        prepared.delete(statementName)
        done?.reject(failure)
      }
    } else if (status !== 'I') {
      dirty = true
    }
    if (steps.length === 0) {
      const settled = settling
      settling = undefined
      if (dirty) end(new Error('The session could not be reset.'))
      settled?.resolve(!dirty)
    }
  }

  function end(cause?: unknown): void {
    if (destroyed) return
    destroyed = true
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

  return {
    role: address.role,
    processId: client.processID,
    get isDestroyed() {
      return destroyed
    },
    run(statement, into) {
      if (destroyed || steps.length > 0) return Promise.reject(new SessionLostError())
      sink = into
      tag = ''
      failure = undefined
      expectsTransaction = statement.readOnly === true
      beginsTransaction = expectsTransaction
      const running = deferred<Completion>()
      flight = running
      settling = deferred<boolean>()
      const messages: Buffer[] = []
      steps = []
      if (statement.readOnly === true) messages.push(beginReadOnly)
      statementName = nameToKeep(statement, prepared)
      messages.push(
        ...statementMessages(statement, {
          name: statementName,
          isPrepared: prepared.has(statementName),
          describes: into.columns !== undefined,
        }),
      )
      if (statementName !== '') prepared.add(statementName)
      steps.push('statement')
      if (statement.readOnly === true) {
        messages.push(commit)
        steps.push('commit')
      }
      if (!options.keepsState) {
        messages.push(discardAll)
        steps.push('discard')
      }
      stream.write(Buffer.concat(messages))
      return running.promise
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
      const sent = sendCancel(address, client.processID, client.secretKey)
      cancels = Promise.all([cancels, sent]).then(([, wasTaken]) => {
        if (!wasTaken) end(new Error('PostgreSQL did not take a cancel.'))
      })
    },
    destroy: end,
  }
}

/** The name that a statement is prepared by in this session; empty: by none. */
function nameToKeep({ name = '' }: Statement, prepared: ReadonlySet<string>): string {
  return prepared.has(name) || prepared.size < maxPreparedStatements ? name : ''
}

function statementMessages(
  { text, values = [], binary = false }: Statement,
  as: {
    readonly name: string
    readonly isPrepared: boolean
    /** Whether anybody wants to know what the columns are. */
    readonly describes: boolean
  },
): Buffer[] {
  const { name, isPrepared, describes } = as
  const messages: Buffer[] = []
  if (!isPrepared) {
    // Closing what does not exist is no error; what a failed run left behind has to make way.
    if (name !== '') messages.push(serialize.close({ type: 'S', name }))
    messages.push(serialize.parse({ text, name }))
  }
  const isPlain = name === '' && values.length === 0 && !binary
  messages.push(
    isPlain
      ? bindUnnamed
      : serialize.bind({
          statement: name,
          values: values.map((value) => (value === null ? null : String(value))),
          binary,
        }),
  )
  if (describes) messages.push(describePortal)
  messages.push(executePortal, sync)
  return messages
}

/**
 * CancelRequest goes over a connection of its own and proves itself with the session's secret key,
 * so it needs no privilege. It is a request: whoever must be sure ends the session as well.
 * Resolves to true when PostgreSQL has passed it on, which it shows by closing the connection.
 */
function sendCancel(address: SessionAddress, processId: number, secretKey: number) {
  const { promise, resolve } = deferred<boolean>()
  const socket = address.host.startsWith('/')
    ? createConnection({ path: `${address.host}/.s.PGSQL.${address.port}` })
    : createConnection({ host: address.host, port: address.port })
  let wasTaken = false
  socket.on('end', () => {
    wasTaken = true
  })
  socket.on('close', () => resolve(wasTaken))
  socket.on('error', () => socket.destroy())
  socket.setTimeout(2_000, () => socket.destroy())
  // Nothing is ever sent back, but the end is only seen by whoever reads.
  socket.resume()
  socket.on('connect', () => socket.end(serialize.cancel(processId, secretKey)))
  return promise
}
