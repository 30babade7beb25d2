import { createServer } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { attemptInSession, readInSession, runInSession } from '../../test/run-in-session.ts'
import { createTcpProxy } from '../../test/tcp-proxy.ts'
import { until } from '../../test/until.ts'
import {
  createTestWarehouse,
  type OpenChanges,
  type TestWarehouse,
} from '../../test/warehouse-database.ts'
import { SessionLostError, WarehouseError } from './warehouse-error.ts'

let warehouse: TestWarehouse
/** May do everything, so that nothing but the session itself contains what a statement does. */
let role: string

beforeAll(async () => {
  warehouse = await createTestWarehouse()
  role = await warehouse.createRole('superuser')
  await warehouse.superuser.query('create table a (id int)')
})

afterAll(() => warehouse.close())

afterEach(() => warehouse.endSessions())

const open = (changes: OpenChanges = {}) => warehouse.open(role, changes)
const refused = (sqlstate: string) => expect.objectContaining({ sqlstate })

describe('a statement', () => {
  it('gives its columns, rows, tag and notices', async () => {
    const session = await open()
    const result = await runInSession(session, `select 1 as a, null as b, 'é' as c`)
    expect(result).toMatchObject({
      tag: 'SELECT 1',
      columns: [{ name: 'a', typeOid: 23 }, { name: 'b' }, { name: 'c', typeOid: 25 }],
      rows: [['1', null, 'é']],
    })
    await session.settled()
    const noisy = await runInSession(session, `do $$ begin raise warning 'careful'; end $$`)
    expect(noisy).toMatchObject({
      tag: 'DO',
      rows: [],
      notices: [{ severity: 'WARNING', message: 'careful' }],
    })
  })

  it('takes values, never as text', async () => {
    const session = await open()
    const { rows } = await runInSession(session, {
      text: 'select $1::text, $2::int + 1, $3::text',
      values: [`'; drop table a; --`, 1, null],
    })
    expect(rows).toEqual([[`'; drop table a; --`, '2', null]])
  })

  it('may be empty', async () => {
    const session = await open()
    expect(await runInSession(session, ' -- nothing')).toMatchObject({ tag: '' })
    expect(await session.settled()).toBe(true)
  })

  it('is one statement: of two none is run', async () => {
    const session = await open()
    const { failure, isClean } = await attemptInSession(
      session,
      'create table one (); create table two ()',
    )
    expect(failure).toEqual(refused('42601'))
    expect(isClean).toBe(true)
    expect(await readInSession(session, `select to_regclass('one')`)).toBeNull()
  })

  it('ends at no NUL: what stands behind one is not run either', async () => {
    const session = await open()
    const { failure } = await attemptInSession(session, 'select 1 \0; create table one ()')
    expect(failure).toBeInstanceOf(Error)
    const { rows } = await warehouse.superuser.query(`select to_regclass('one') as found`)
    expect(rows).toEqual([{ found: null }])
  })

  it('that fails leaves the session as it was', async () => {
    const session = await open()
    const { failure, isClean } = await attemptInSession(session, 'select 1 / 0')
    expect(failure).toBeInstanceOf(WarehouseError)
    expect(failure).toEqual(refused('22012'))
    expect(isClean).toBe(true)
    expect(await readInSession(session, 'select 1')).toBe('1')
  })

  it('runs alone: a session in use takes no other', async () => {
    const session = await open()
    const first = runInSession(session, 'select 1')
    await expect(runInSession(session, 'select 2')).rejects.toBeInstanceOf(SessionLostError)
    expect((await first).rows).toEqual([['1']])
  })

  it('whose row is larger than may be in memory is not waited for', async () => {
    const session = await open()
    const { failure, isClean } = await attemptInSession(session, `select repeat('x', 70000000)`)
    expect(failure).toMatchObject({ code: 'bytes_limit_exceeded' })
    expect(isClean).toBe(false)
  })

  it('whose sink fails is over, and so is the session', async () => {
    const session = await open()
    const running = session.run(
      { text: 'select generate_series(1, 1000000)' },
      {
        row() {
          throw new Error('The sink is full.')
        },
      },
    )
    await expect(running).rejects.toThrow('The sink is full.')
    expect(await session.settled()).toBe(false)
  })
})

describe('a cancel', () => {
  it('stops the statement, and the session goes on', async () => {
    const session = await open()
    const sleeping = attemptInSession(session, 'select pg_sleep(60)')
    session.cancel()
    // It can come before the statement has begun; whoever wants to be sure asks again.
    const again = setInterval(() => session.cancel(), 100)
    const { failure, isClean } = await sleeping
    clearInterval(again)
    expect(failure).toEqual(refused('57014'))
    if (isClean) expect(await readInSession(session, 'select 1')).toBe('1')
  })

  it('that comes late does not hit the next statement', async () => {
    let session = await open()
    for (let repeated = 0; repeated < 40; repeated += 1) {
      await runInSession(session, 'select 1')
      session.cancel()
      if (!(await session.settled())) session = await open()
      expect((await attemptInSession(session, 'select pg_sleep(0.002)')).failure).toBeUndefined()
    }
  })

  it('that nobody takes ends the session', async () => {
    const proxy = await createTcpProxy(warehouse.addressOf(role))
    const session = await open({ host: proxy.host, port: proxy.port })
    await runInSession(session, 'select 1')
    await session.settled()
    await proxy.cut()
    session.cancel()
    expect(await session.settled()).toBe(false)
    expect(session.isDestroyed).toBe(true)
  })
})

describe('a session that ends', () => {
  it('fails its statement with the reason that it was ended for, and leaves no backend', async () => {
    const sleeper = await warehouse.createRole()
    const session = await open({ role: sleeper })
    const sleeping = attemptInSession(session, 'select pg_sleep(60)')
    const reason = new Error('Enough.')
    session.destroy(reason)
    const { failure, isClean } = await sleeping
    expect(failure).toBeInstanceOf(SessionLostError)
    expect(failure).toMatchObject({ cause: reason })
    expect(isClean).toBe(false)
    await expect(runInSession(session, 'select 1')).rejects.toBeInstanceOf(SessionLostError)
    await until(async () => expect(await warehouse.countBackends(sleeper)).toBe(0))
  })

  it('because PostgreSQL ended it says so, once, in use or not', async () => {
    for (const isInUse of [true, false]) {
      let lost = 0
      const session = await open({ lost: () => (lost += 1) })
      const running = isInUse ? attemptInSession(session, 'select pg_sleep(60)') : undefined
      await warehouse.superuser.query('select pg_terminate_backend($1)', [session.processId])
      const outcome = await running
      if (isInUse) expect(outcome).toMatchObject({ failure: { sqlstate: '57P01' }, isClean: false })
      await until(() => expect(session.isDestroyed).toBe(true))
      expect(lost).toBe(1)
    }
  })

  it('because the network is gone fails its statement', async () => {
    const proxy = await createTcpProxy(warehouse.addressOf(role))
    const session = await open({ host: proxy.host, port: proxy.port })
    const running = attemptInSession(session, 'select pg_sleep(60)')
    await proxy.cut()
    expect((await running).failure).toBeInstanceOf(SessionLostError)
  })
})

describe('back-pressure', () => {
  it('stops rows from arriving while the session is paused', async () => {
    const session = await open()
    let rows = 0
    let isPaused = false
    let rowsWhilePaused = 0
    const total = 200_000
    const running = session.run(
      { text: `select repeat('x', 1000) from generate_series(1, ${total})` },
      {
        row() {
          rows += 1
          if (isPaused) rowsWhilePaused += 1
          if (rows === 1_000) session.pause()
        },
      },
    )
    await until(() => expect(rows).toBeGreaterThanOrEqual(1_000))
    // What had arrived already is handed over in the same turn.
    await new Promise((resolve) => setImmediate(resolve))
    isPaused = true
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(rowsWhilePaused).toBe(0)
    expect(rows).toBeLessThan(total / 2)
    isPaused = false
    session.resume()
    expect(await running).toEqual({ tag: `SELECT ${total}` })
    expect(rows).toBe(total)
  })
})

describe('a session for our own statements', () => {
  const prepared = 'select count(*) from pg_prepared_statements'
  const own = () => open({ keepsState: true })

  it('prepares a named statement once, and keeps it', async () => {
    const session = await own()
    for (const value of [1, 2, 3]) {
      const { rows } = await runInSession(session, {
        name: 'n',
        text: 'select $1::int',
        values: [value],
      })
      expect(rows).toEqual([[String(value)]])
      expect(await session.settled()).toBe(true)
    }
    expect(await readInSession(session, prepared)).toBe('1')
  })

  it.each([
    ['could not be prepared', 'select * from early', 'create table early ()'],
    [
      'was prepared and failed to run',
      'select 1 / (select count(*) from late)',
      'insert into late values (1)',
    ],
  ])('runs a named statement again that %s the first time', async (_, text, remedy) => {
    await warehouse.superuser.query('create table if not exists late (id int)')
    const session = await own()
    expect((await attemptInSession(session, { name: 'n', text })).failure).toBeInstanceOf(
      WarehouseError,
    )
    await warehouse.superuser.query(remedy)
    const { failure, isClean } = await attemptInSession(session, { name: 'n', text })
    expect([failure, isClean]).toEqual([undefined, true])
  })

  it('keeps no more statements than it may', async () => {
    const session = await own()
    for (let index = 0; index < 220; index += 1) {
      await runInSession(session, { name: `n${index}`, text: `select ${index}` })
      await session.settled()
    }
    expect(Number(await readInSession(session, prepared))).toBe(200)
  })

  it('gives values in binary where they are asked for so', async () => {
    const session = await own()
    let bytes = ''
    await session.run(
      { text: 'select $1::int4', values: [258], binary: true },
      {
        row(buffer, offset) {
          bytes = buffer.subarray(offset, offset + 8).toString('hex')
        },
      },
    )
    expect(bytes).toBe('0000000400000102')
  })
})

describe('a log-in that fails', () => {
  it.each<[what: string, address: OpenChanges, expected: object]>([
    ['a wrong password', { password: 'wrong' }, { code: '28P01' }],
    ['no such role', { role: 'nobody' }, { code: '28P01' }],
    ['no such database', { database: 'nowhere' }, { code: '3D000' }],
    ['no server', { host: '127.0.0.1', port: 1 }, { code: 'ECONNREFUSED' }],
  ])('says why: %s', async (_, address, expected) => {
    await expect(open(address)).rejects.toMatchObject(expected)
  })

  it.each(['hangs up', 'never answers'])('ends by itself when the server %s', async (behaviour) => {
    const server = createServer((socket) => {
      socket.on('error', () => {})
      if (behaviour === 'hangs up') socket.end()
    })
    const port = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
    })
    await expect(open({ host: '127.0.0.1', port, connectTimeoutMs: 200 })).rejects.toThrow()
    server.close()
  })
})
