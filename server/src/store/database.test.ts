import { randomInt, randomUUID } from 'node:crypto'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { openTestDatabase } from '../../test/control-database.ts'
import { until } from '../../test/until.ts'
import {
  answeredSoon,
  type Database,
  type DatabaseAddress,
  inRetriedTransaction,
  inTransaction,
  isUnreachable,
  openDatabase,
  sqlstateOf,
  storeError,
  withRetries,
} from './database.ts'

const address: DatabaseAddress = { ...inject('cluster'), database: 'postgres' }
let database: Database

beforeAll(() => {
  database = openTestDatabase(address)
})

afterAll(() => database.end())
afterEach(() => vi.useRealTimers())

const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  )

describe('openDatabase', () => {
  it('sets what it is told to for every session, above what the role is set to', async () => {
    const pool = openDatabase(address, {
      max: 2,
      applicationName: 'a test',
      onIdleError: () => {},
      settings: { search_path: 'pg_catalog', statement_timeout: '7s' },
    })
    const { rows } = await pool.query(
      `select current_setting('search_path') as path, current_setting('statement_timeout') as timeout,
         current_setting('application_name') as name`,
    )
    await pool.end()
    expect(rows).toEqual([{ path: 'pg_catalog', timeout: '7s', name: 'a test' }])
  })

  it('reports an idle connection that is lost, and opens another', async () => {
    const lost: Error[] = []
    const pool = openDatabase(address, {
      max: 1,
      applicationName: 'a test',
      onIdleError: (cause) => lost.push(cause),
    })
    const { rows } = await pool.query<{ pid: number }>('select pg_backend_pid() as pid')
    await database.query('select pg_terminate_backend($1)', [rows[0]?.pid])
    await until(() => expect(lost).not.toEqual([]))
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    await pool.end()
  })
})

describe('inTransaction', () => {
  const countRows = async () => {
    const { rows } = await database.query('select count(*)::int as count from transaction_test')
    return rows[0].count
  }

  beforeAll(() => database.query('create table transaction_test (id int)'))
  afterAll(() => database.query('drop table transaction_test'))

  it('keeps all of it, or nothing', async () => {
    const insert = (client: pg.PoolClient) =>
      client.query('insert into transaction_test values (1)')
    await inTransaction(database, insert)
    expect(await countRows()).toBe(1)
    const failure = new Error('No.')
    const failed = inTransaction(database, async (client) => {
      await insert(client)
      throw failure
    })
    expect(await failureOf(failed)).toBe(failure)
    expect(await countRows()).toBe(1)
  })

  it('gives no connection back that was lost on the way', async () => {
    const pool = openTestDatabase({ ...address })
    const failure = await failureOf(
      inTransaction(pool, async (client) => {
        await client.query('select pg_terminate_backend(pg_backend_pid())')
      }),
    )
    expect(isUnreachable(failure)).toBe(true)
    expect(pool.totalCount).toBe(0)
    await pool.end()
  })
})

describe('a database that is away', () => {
  it.each<[what: string, work: () => Promise<unknown>]>([
    ['no server there', () => connectTo({ host: '127.0.0.1', port: 1 })],
    ['no socket there', () => connectTo({ host: '/nowhere' })],
    ['no such host', () => connectTo({ host: 'postern.invalid' })],
    [
      'a server that ends the session',
      () => database.query('select pg_terminate_backend(pg_backend_pid())'),
    ],
  ])('is known as such: %s', async (_, work) => {
    const failure = await failureOf(work())
    expect(failure).toBeInstanceOf(Error)
    expect(isUnreachable(failure)).toBe(true)
    expect(storeError(failure)).toMatchObject({ code: 'store_unavailable', cause: failure })
  })

  it('is known when it does not answer a statement that requests wait for', async () => {
    const pool = openTestDatabase(address)
    await pool.query('select 1')
    // Tests of other files sleep on the same server.
    const neverAnswered = `select pg_sleep(60), '${randomUUID()}'`
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const failure = failureOf(
      pool.query(answeredSoon({ text: neverAnswered, name: 'never-answered' })),
    )
    await vi.advanceTimersByTimeAsync(4_900)
    vi.advanceTimersByTime(200)
    vi.useRealTimers()
    expect(isUnreachable(await failure)).toBe(true)
    expect(pool.totalCount).toBe(0)
    await database.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where query = $1',
      [neverAnswered],
    )
    await pool.end()
  })

  it.each<[what: string, work: () => Promise<unknown>]>([
    ['a statement that is refused', () => database.query('select 1 / 0')],
    ['an error of our own', () => Promise.reject(new Error('Something else.'))],
    ['a text', () => Promise.reject('Connection terminated')],
  ])('is not confused with %s', async (_, work) => {
    const failure = await failureOf(work())
    expect(isUnreachable(failure)).toBe(false)
    expect(storeError(failure)).toBe(failure)
  })

  async function connectTo(elsewhere: Partial<DatabaseAddress>): Promise<unknown> {
    const pool = openTestDatabase({ ...address, ...elsewhere })
    return pool.query('select 1').finally(() => pool.end())
  }
})

describe('withRetries', () => {
  const failingWith = async (code: string) => {
    throw Object.assign(new pg.DatabaseError('No.', 0, 'error'), { code })
  }

  it.each(['40001', '40P01', 'XX000', '55006'])(
    'tries again after %s, as nothing was done',
    async (code) => {
      let attempts = 0
      const result = await withRetries(
        async () => {
          attempts += 1
          return attempts < 3 ? failingWith(code) : 'done'
        },
        { sleep: async () => {} },
      )
      expect([result, attempts]).toEqual(['done', 3])
    },
  )

  it('seals with another key when the one it used was retired, and only then', async () => {
    const violating = (constraint: string) => async () => {
      attempts += 1
      throw Object.assign(new pg.DatabaseError('No.', 0, 'error'), { code: '23503', constraint })
    }
    let attempts = 0
    const options = { attempts: 2, sleep: async () => {} }
    await failureOf(withRetries(violating('api_key_secret_key_id_fkey'), options))
    expect(attempts).toBe(2)
    await failureOf(withRetries(violating('api_key_account_id_fkey'), options))
    expect(attempts).toBe(3)
  })

  it('gives up after so many attempts, and waits longer each time', async () => {
    const slept: number[] = []
    let attempts = 0
    const failure = await failureOf(
      withRetries(
        () => {
          attempts += 1
          return failingWith('40001')
        },
        { attempts: 5, sleep: async (ms) => void slept.push(ms) },
      ),
    )
    expect(sqlstateOf(failure)).toBe('40001')
    expect(attempts).toBe(5)
    expect(slept).toHaveLength(4)
    expect(slept[3]).toBeGreaterThan(slept[0] ?? 0)
  })

  it.each(['23505', '42501', '57P01'])('does not try again after %s', async (code) => {
    let attempts = 0
    await failureOf(
      withRetries(() => {
        attempts += 1
        return failingWith(code)
      }),
    )
    expect(attempts).toBe(1)
  })
})

describe('inRetriedTransaction', () => {
  it('runs again from its beginning when it was in the way of another, and both are done', async () => {
    const [a, b] = [randomInt(2 ** 40), randomInt(2 ** 40)]
    let attempts = 0
    let held = 0
    let bothHoldOne = () => {}
    const crossing = new Promise<void>((resolve) => {
      bothHoldOne = resolve
    })
    const lockBoth = (first: number, second: number) =>
      inRetriedTransaction(database, async (client) => {
        attempts += 1
        await client.query(`set local deadlock_timeout = '10ms'`)
        await client.query('select pg_advisory_xact_lock($1)', [first])
        held += 1
        if (held === 2) bothHoldOne()
        await crossing
        await client.query('select pg_advisory_xact_lock($1)', [second])
        return first
      })
    expect(await Promise.all([lockBoth(a, b), lockBoth(b, a)])).toEqual([a, b])
    expect(attempts).toBe(3)
  })
})
