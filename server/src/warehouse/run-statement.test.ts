import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { until } from '../../test/until.ts'
import {
  createTestWarehouse,
  rolePassword,
  type TestWarehouse,
} from '../../test/warehouse-database.ts'
import { AccessError } from '../errors.ts'
import type { Observation } from '../observations.ts'
import { createWarehouse, type RunOptions, type Warehouse } from './run-statement.ts'
import type { Session } from './session.ts'
import { createSessions, type Sessions } from './sessions.ts'
import { SessionLostError, WarehouseError } from './warehouse-error.ts'

let database: TestWarehouse
let role: string

beforeAll(async () => {
  database = await createTestWarehouse()
  role = await database.createRole()
})

afterAll(() => database.close())

let sessions: Sessions
let warehouse: Warehouse
let observed: Observation[]
let terminated: string[]
let request: AbortController

beforeEach(() => {
  const { host, port, ssl } = database.addressOf('')
  observed = []
  terminated = []
  request = new AbortController()
  const observe = (observation: Observation) => observed.push(observation)
  sessions = createSessions({
    host,
    port,
    ssl,
    maxPerRole: 2,
    maxTotal: 10,
    maxPerServer: 10,
    addressOf: async () => {
      throw new Error('Nobody should have asked for another server.')
    },
    idleTimeoutMs: 60_000,
    acquireTimeoutMs: 60_000,
    statementTimeoutMs: 60_000,
    passwordOf: async () => rolePassword,
    restorePassword: async () => {},
    observe,
  })
  warehouse = createWarehouse({
    sessions,
    async terminate(processId, { role: ofRole }) {
      terminated.push(ofRole)
      await database.superuser.query('select pg_terminate_backend($1)', [processId])
    },
    observe,
  })
})

afterEach(() => sessions.close())

const options = (changes: Partial<RunOptions> = {}): RunOptions => ({
  key: { database: database.addressOf(role).database, role },
  lane: 'caller',
  deadlineMs: 30_000,
  signal: request.signal,
  ...changes,
})

const runText = (text: string, changes: Partial<RunOptions> = {}) =>
  warehouse.runStatement(options(changes), { text }, {})

const code = (expected: string) => expect.objectContaining({ code: expected })

/** How many statements of the role are running. */
async function countRunning(): Promise<number> {
  const { rows } = await database.superuser.query<{ count: number }>(
    `select count(*)::int as count from pg_stat_activity where usename = $1 and state = 'active'`,
    [role],
  )
  return rows[0]?.count ?? 0
}

const isRunning = () => until(async () => expect(await countRunning()).toBe(1))
const isOver = () => until(async () => expect(await countRunning()).toBe(0))

const swallowsCancels = `do $$ begin
  loop
    begin
      perform pg_sleep(60);
    exception when query_canceled then null;
    end;
  end loop;
end $$`

describe('a statement', () => {
  it('gives its session back, whether it fails or not', async () => {
    // More of them than the role may have sessions.
    for (let repeated = 0; repeated < 4; repeated += 1) {
      expect(await runText('select 1')).toEqual({ tag: 'SELECT 1' })
      await expect(runText('select 1 / 0')).rejects.toBeInstanceOf(WarehouseError)
    }
    expect(observed).toEqual([])
  })

  it('that fails in PostgreSQL fails with what PostgreSQL said', async () => {
    await expect(runText('select * from nowhere')).rejects.toMatchObject({
      sqlstate: '42P01',
      notice: { message: 'relation "nowhere" does not exist' },
    })
  })
})

describe('the deadline', () => {
  it.each([
    ['a sleep', 'select pg_sleep(60)'],
    [
      'a calculation',
      'select count(*) from generate_series(1, 1000000) as a, generate_series(1, 1000000) as b',
    ],
    [
      'what lifts the time limit from inside',
      `select set_config('statement_timeout', '0', false), pg_sleep(60)`,
    ],
  ])('stops %s', async (_, text) => {
    await expect(runText(text, { deadlineMs: 200 })).rejects.toEqual(code('statement_timed_out'))
    await isOver()
    expect(observed).toContainEqual({ event: 'statement_cancelled', role, reason: 'deadline' })
  })

  it('leaves a session behind that can be used', async () => {
    await expect(runText('select pg_sleep(60)', { deadlineMs: 200 })).rejects.toThrow()
    expect(await runText('select 1')).toEqual({ tag: 'SELECT 1' })
  })

  it('ends a statement that swallows the cancel', async () => {
    // Long enough that the loop has been entered.
    await expect(runText(swallowsCancels, { deadlineMs: 1_000 })).rejects.toEqual(
      code('statement_timed_out'),
    )
    await until(async () => expect(await database.countBackends(role)).toBe(0))
    expect(observed).toContainEqual({ event: 'session_terminated', role, reason: 'deadline' })
    // Not left to PostgreSQL, which looks only now and then whether anybody still listens.
    expect(terminated).toEqual([role])
    expect(await runText('select 1')).toEqual({ tag: 'SELECT 1' })
  })

  it('stops a copy whose client does not send', async () => {
    await database.superuser.query(
      `create table filled (id int); grant insert on filled to ${role}`,
    )
    const stuck = async function* () {
      yield Buffer.from('1\n')
      await new Promise(() => {})
    }
    await expect(
      warehouse.run(options({ deadlineMs: 200 }), (session) =>
        session.copyIn('copy filled from stdin', stuck(), {}),
      ),
    ).rejects.toEqual(code('statement_timed_out'))
    const { rows } = await database.superuser.query('select from filled')
    expect(rows).toEqual([])
    expect(await runText('select 1')).toEqual({ tag: 'SELECT 1' })
  })

  it('stops a statement whose client does not read', async () => {
    const stuck = warehouse.run(options({ deadlineMs: 200 }), (session) =>
      session.run(
        { text: `select repeat('x', 1000) from generate_series(1, 1000000)` },
        { row: () => session.pause() },
      ),
    )
    await expect(stuck).rejects.toEqual(code('statement_timed_out'))
    await isOver()
  })

  it('is not met by a statement that was stopped by somebody else', async () => {
    await expect(runText('select pg_cancel_backend(pg_backend_pid())')).rejects.toEqual(
      code('statement_timed_out'),
    )
    expect(observed).toEqual([])
  })
})

describe('the end of a request', () => {
  const reason = new AccessError('credential_revoked')

  it('stops its statement, for the reason that it ended', async () => {
    const running = runText('select pg_sleep(60)')
    running.catch(() => {})
    await isRunning()
    request.abort(reason)
    await expect(running).rejects.toBe(reason)
    await isOver()
    expect(observed).toContainEqual({ event: 'statement_cancelled', role, reason: 'aborted' })
  })

  it('stops a statement that swallows the cancel', async () => {
    const running = runText(swallowsCancels)
    running.catch(() => {})
    await isRunning()
    request.abort(reason)
    await expect(running).rejects.toBe(reason)
    await until(async () => expect(await database.countBackends(role)).toBe(0))
  })

  it('before it has begun keeps it from beginning', async () => {
    request.abort(reason)
    await expect(runText('select 1')).rejects.toBe(reason)
    expect(sessions.open()).toBe(0)
  })

  it('in the moment in which it gets its session keeps it from beginning', async () => {
    let worked = false
    const released: Session[] = []
    const { run } = createWarehouse({
      sessions: {
        ...sessions,
        async acquire(key, lane, signal) {
          const session = await sessions.acquire(key, lane, signal)
          request.abort(reason)
          return session
        },
        release(session) {
          released.push(session)
          sessions.release(session)
        },
      },
      terminate: async () => {},
      observe: () => {},
    })
    const running = run(options(), async () => {
      worked = true
    })
    await expect(running).rejects.toBe(reason)
    expect([worked, released.length]).toEqual([false, 1])
  })

  it('in the moment in which its result is complete keeps it from being answered', async () => {
    const running = warehouse.run(options(), async (session) => {
      const completion = await session.run({ text: 'select 1' }, {})
      request.abort(reason)
      return completion
    })
    await expect(running).rejects.toBe(reason)
  })

  it('does not disturb the next request that uses the session', async () => {
    for (let repeated = 0; repeated < 20; repeated += 1) {
      const mine = new AbortController()
      const running = runText('select 1', { signal: mine.signal })
      running.catch(() => {})
      await new Promise((resolve) => setImmediate(resolve))
      mine.abort(reason)
      await running.catch(() => {})
      expect(await runText('select pg_sleep(0.002)')).toEqual({ tag: 'SELECT 1' })
    }
  })
})

describe('a session that is lost', () => {
  it('because its role was ended is told as that', async () => {
    const running = runText('select pg_sleep(60)')
    running.catch(() => {})
    await isRunning()
    sessions.endRoles([role])
    await expect(running).rejects.toEqual(code('credential_revoked'))
    await isOver()
  })

  it('because the server has ended it is told as unavailable', async () => {
    const running = runText('select pg_sleep(60)')
    running.catch(() => {})
    await isRunning()
    await database.superuser.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where usename = $1',
      [role],
    )
    await expect(running).rejects.toEqual(code('warehouse_unavailable'))
    expect(await runText('select 1')).toEqual({ tag: 'SELECT 1' })
  })

  it.each<[what: string, error: Error, expected: object]>([
    ['lost for no known reason', new SessionLostError(), code('warehouse_unavailable')],
    [
      'ended for a reason of ours',
      new SessionLostError(new AccessError('shutting_down')),
      code('shutting_down'),
    ],
    ['a server that is starting', sqlError('57P03'), code('warehouse_unavailable')],
    ['a time limit of the database', sqlError('57014'), code('statement_timed_out')],
    ['anything else from PostgreSQL', sqlError('42501'), sqlError('42501')],
    ['an error of our own', new Error('A mistake.'), new Error('A mistake.')],
  ])('or a failure is told in words that fit: %s', async (_, error, expected) => {
    const running = warehouse.run(options(), async () => {
      throw error
    })
    await expect(running).rejects.toEqual(expected)
  })
})

function sqlError(sqlstate: string): WarehouseError {
  return new WarehouseError({
    severity: 'ERROR',
    sqlstate,
    message: 'No.',
    detail: undefined,
    hint: undefined,
    context: undefined,
  })
}
