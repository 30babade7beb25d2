import pg from 'pg'
import { AccessError } from '../errors.ts'

/** Anything a statement can be sent through: a pool, or one client inside a transaction. */
export type Queryable = Pick<pg.Pool, 'query'>

/** A pool on one database, opened as Postern's own administrative role. */
export type Database = pg.Pool

export type DatabaseAddress = {
  /** A host name, or the directory of a unix socket. */
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
  /** What pg takes: false, true, or TLS options such as a certificate authority. */
  readonly ssl?: pg.ClientConfig['ssl']
}

/**
 * Opens a pool. `max` is the most connections it may hold. `settings` hold from the first statement
 * and stand above what the database or the role is set to. Errors on idle clients are reported
 * until the pool is ended, never thrown.
 */
export function openDatabase(
  address: DatabaseAddress,
  options: {
    max: number
    applicationName: string
    onIdleError: (cause: Error) => void
    settings?: Readonly<Record<string, string>>
  },
): Database {
  const pool = new pg.Pool({
    ...address,
    ssl: address.ssl ?? false,
    max: options.max,
    idleTimeoutMillis: 30_000,
    connectionTimeoutMillis: 5_000,
    application_name: options.applicationName,
    options: Object.entries(options.settings ?? {})
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
  })
  pool.on('error', (cause) => {
    // A connection may still be closing when `end` has resolved. How it goes is no news then.
    if (!pool.ending) options.onIdleError(cause)
  })
  // A connection that is lost while it is checked out tells so by failing its statements. Without a
  // listener its event would end the process.
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

/** How long the control database may take to answer a statement that requests wait for. */
const answerTimeoutMs = 5_000

/**
 * Marks a statement that requests wait for: a database that does not answer it is taken for one
 * that is away. For statements that never wait for a lock.
 */
export function answeredSoon<T extends pg.QueryConfig>(
  statement: T,
): T & { query_timeout: number } {
  return { ...statement, query_timeout: answerTimeoutMs }
}

/** Runs `work` in one transaction; rolls back and rethrows when it throws. */
export async function inTransaction<T>(
  database: Database,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await database.connect()
  let broken: Error | undefined
  try {
    await client.query('begin')
    const result = await work(client)
    await client.query('commit')
    return result
  } catch (error) {
    // The connection may be the thing that failed: then it cannot be given back.
    await client.query('rollback').catch((cause: Error) => {
      broken = cause
    })
    throw error
  } finally {
    client.release(broken)
  }
}

/** SQLSTATE classes and codes by what they mean to us. */
export const sqlstates = {
  uniqueViolation: '23505',
  foreignKeyViolation: '23503',
  deadlockDetected: '40P01',
  insufficientPrivilege: '42501',
  queryCanceled: '57014',
  adminShutdown: '57P01',
  undefinedTable: '42P01',
  duplicateDatabase: '42P04',
  duplicateObject: '42710',
  duplicateTable: '42P07',
  undefinedObject: '42704',
  invalidPassword: '28P01',
} as const

/** Conditions under which trying the same transaction again is right: nothing was done. */
const retryableCodes: ReadonlySet<string> = new Set(['40001', '40P01', 'XX000', '55006'])

/**
 * What was written had been sealed with a key of the ring that has been retired since: tried again,
 * it is sealed with the current one.
 */
const retiredKeyConstraint = /_secret_key_id_fkey$/

function isRetryable(error: unknown): boolean {
  if (!(error instanceof pg.DatabaseError)) return false
  if (error.code === sqlstates.foreignKeyViolation) {
    return retiredKeyConstraint.test(error.constraint ?? '')
  }
  return retryableCodes.has(error.code ?? '')
}

/** The SQLSTATE of an error that PostgreSQL reported; undefined for anything else. */
export function sqlstateOf(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined
}

/** What pg and its pool say, in errors that have no code. */
const unreachableMessages = [
  'Connection terminated',
  'timeout exceeded when trying to connect',
  'timeout expired',
  'Query read timeout',
  'is not queryable',
]

/** True when the server itself is away or going away, as opposed to refusing one statement. */
export function isUnreachable(error: unknown): boolean {
  const code = sqlstateOf(error)
  if (code !== undefined) return code.startsWith('08') || code.startsWith('57P') || code === '53300'
  if (!(error instanceof Error)) return false
  const errno = (error as NodeJS.ErrnoException).code
  if (
    errno !== undefined &&
    /^(ECONN|ENOENT|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENOTFOUND|EAI_AGAIN)/.test(errno)
  ) {
    return true
  }
  return unreachableMessages.some((message) => error.message.includes(message))
}

/** Turns "the control database is away" into its own error; everything else passes through. */
export function storeError(error: unknown): unknown {
  return isUnreachable(error) ? new AccessError('store_unavailable', { cause: error }) : error
}

/**
 * Tries `work` again when PostgreSQL says that two writers met ("tuple concurrently updated",
 * deadlock, serialisation, a retired key of the ring). `sleep` is passed in so that tests need not
 * wait.
 */
export async function withRetries<T>(
  work: () => Promise<T>,
  options: { attempts?: number; sleep?: (ms: number) => Promise<void> } = {},
): Promise<T> {
  const { attempts = 8, sleep = (ms) => new Promise((done) => setTimeout(done, ms)) } = options
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work()
    } catch (error) {
      if (attempt >= attempts || !isRetryable(error)) throw error
      await sleep(5 * 2 ** attempt * (0.5 + Math.random()))
    }
  }
}

/**
 * Like inTransaction, for work that changes nothing but this database: when it has met another
 * writer, it has changed nothing at all, and the whole of it is run again.
 */
export function inRetriedTransaction<T>(
  database: Database,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  return withRetries(() => inTransaction(database, work))
}
