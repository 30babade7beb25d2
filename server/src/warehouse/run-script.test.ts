import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { readInSession, readRow } from '../../test/run-in-session.ts'
import { until } from '../../test/until.ts'
import { createTestWarehouse, type TestWarehouse } from '../../test/warehouse-database.ts'
import { runScriptIn } from './run-statement.ts'
import type { Session } from './session.ts'
import { WarehouseError } from './warehouse-error.ts'

let warehouse: TestWarehouse
/** May do everything, so that nothing but the session itself contains what a script does. */
let role: string
let session: Session

beforeAll(async () => {
  warehouse = await createTestWarehouse()
  role = await warehouse.createRole('superuser')
  await warehouse.superuser.query(`
    create table a (id int);
    create table parent (id int primary key);
    create table child (id int references parent deferrable initially deferred);`)
})

afterAll(() => warehouse.close())

beforeEach(async () => {
  session = await warehouse.open(role)
  await warehouse.superuser.query('truncate a, parent, child')
})

afterEach(() => warehouse.endSessions())

const controlled = /^(begin|start|commit|end|rollback|abort|savepoint|release|prepare transaction)/

/** Runs texts as if they had been cut out of one, and says what each gave. */
async function runScript(
  texts: readonly string[],
  controls = (text: string) => controlled.test(text),
): Promise<{
  readonly tag: string
  readonly rows: readonly (readonly (string | null)[][])[]
  readonly notices: readonly string[]
}> {
  const script = texts.map((text) => ({ text, controlsTransaction: controls(text) }))
  const rows: (string | null)[][][] = []
  const notices: string[] = []
  const { tag } = await runScriptIn(session, script, (index) => {
    const own: (string | null)[][] = []
    rows[index] = own
    return {
      columns() {},
      row: (buffer, offset, columnCount) => own.push(readRow(buffer, offset, columnCount)),
      notice: (notice) => notices.push(notice.message),
    }
  })
  return { tag, rows, notices }
}

/** What is in the table, as somebody else sees it. */
async function read(): Promise<number[]> {
  const { rows } = await warehouse.superuser.query<{ id: number }>('select id from a order by id')
  return rows.map(({ id }) => id)
}

const insert = (id: number) => `insert into a values (${id})`

describe('a script', () => {
  it('gives the rows of each statement, and the tag of the last', async () => {
    expect(
      await runScript(['select 1', insert(1), `select 'a', 'b' union all select 'c', 'd'`]),
    ).toEqual({
      tag: 'SELECT 2',
      rows: [
        [['1']],
        [],
        [
          ['a', 'b'],
          ['c', 'd'],
        ],
      ],
      notices: [],
    })
    expect(await session.settled()).toBe(true)
  })

  it('passes on what PostgreSQL remarks', async () => {
    const { notices } = await runScript([
      `do $$ begin raise notice 'one'; end $$`,
      'drop table if exists nothing',
    ])
    expect(notices).toEqual(['one', 'table "nothing" does not exist, skipping'])
  })

  it('of no statement, of blanks and of many is run as well', async () => {
    expect(await runScript([])).toMatchObject({ tag: '' })
    await session.settled()
    expect(await runScript(['  '])).toMatchObject({ tag: '' })
    await session.settled()
    await runScript(Array.from({ length: 300 }, (_, id) => insert(id)))
    expect(await read()).toHaveLength(300)
  })

  it('of one statement runs without a transaction around it', async () => {
    await runScript(['vacuum a'])
    await session.settled()
    await expect(runScript(['vacuum a', 'select 1'])).rejects.toMatchObject({ sqlstate: '25001' })
  })

  it('has the session for itself until it is clean again', async () => {
    const running = runScript(['select 1', insert(1)])
    await expect(session.run({ text: 'select 1' }, {})).rejects.toThrow('session ended')
    await expect(runScript(['select 1', 'select 2'])).rejects.toThrow('session ended')
    await running
    await session.settled()
    expect(await readInSession(session, 'select 1')).toBe('1')
  })
})

describe('the transaction of a script', () => {
  it.each<[what: string, texts: string[], kept: number[]]>([
    ['nothing said', [insert(1), insert(2)], [1, 2]],
    ['begin and commit', ['begin', insert(1), insert(2), 'commit'], [1, 2]],
    ['begin and rollback', ['begin', insert(1), 'rollback'], []],
    [
      'begin half-way, which takes in what stands before',
      [insert(1), 'begin', insert(2), 'rollback'],
      [],
    ],
    ['commit half-way', [insert(1), 'commit', insert(2)], [1, 2]],
    ['rollback half-way', [insert(1), 'rollback', insert(2)], [2]],
    ['two of them', ['begin', insert(1), 'commit', 'begin', insert(2), 'rollback'], [1]],
    ['chained', ['begin', insert(1), 'commit and chain', insert(2), 'rollback'], [1]],
    ['savepoints', ['begin', insert(1), 'savepoint s', insert(2), 'rollback to s', 'commit'], [1]],
    ['a commit too many', ['commit', insert(1), 'commit', 'commit'], [1]],
    ['a begin too many', ['begin', 'begin', insert(1), 'commit'], [1]],
  ])('%s', async (_, texts, kept) => {
    await runScript(texts)
    expect(await read()).toEqual(kept)
    expect(await session.settled()).toBe(true)
  })

  it('is of our making only where the script does not know of it', async () => {
    expect((await runScript([insert(1), 'begin', insert(2), 'commit'])).notices).toEqual([])
    await session.settled()
    expect((await runScript(['begin', 'begin', 'commit', 'commit'])).notices).toEqual([
      'there is already a transaction in progress',
      'there is no transaction in progress',
    ])
  })

  it.each<[what: string, texts: string[], kept: number[]]>([
    ['everything', [insert(1), 'select 1 / 0', insert(2)], []],
    ['what was begun', ['begin', insert(1), 'select 1 / 0', 'commit'], []],
    ['what came after a commit', [insert(1), 'commit', insert(2), 'select 1 / 0'], [1]],
    [
      'and does not go back to a savepoint',
      ['begin', insert(1), 'savepoint s', 'select 1 / 0', 'rollback to s', 'commit'],
      [],
    ],
  ])('is rolled back by an error: %s', async (_, texts, kept) => {
    await expect(runScript(texts)).rejects.toMatchObject({ sqlstate: '22012' })
    expect(await session.settled()).toBe(true)
    expect(await read()).toEqual(kept)
  })

  it('can still fail when it is committed', async () => {
    await expect(
      runScript([insert(1), 'insert into child values (1)', 'select 1']),
    ).rejects.toMatchObject({ sqlstate: '23503' })
    expect(await session.settled()).toBe(true)
    expect(await read()).toEqual([])
  })

  it.each([
    [['begin', insert(1)]],
    [[insert(1), 'begin', 'select 1']],
    [['begin', insert(1), 'commit and chain', insert(2)]],
    [['begin']],
  ])('that is left open is rolled back, and said so: %j', async (texts) => {
    await expect(runScript(texts)).rejects.toMatchObject({
      code: 'transaction_left_open',
      status: 400,
    })
    expect(await session.settled()).toBe(true)
    expect(await read()).toEqual(texts.includes('commit and chain') ? [1] : [])
    expect(await readInSession(session, 'select txid_current_if_assigned()')).toBeNull()
  })
})

describe('a script stays what it was taken for', () => {
  const changed = expect.objectContaining({ code: 'statement_not_allowed' })
  const nothing = () => false

  it.each([
    [['select 1', 'commit', insert(1)]],
    [['select 1', 'rollback and chain']],
    [['select 1', 'savepoint s']],
    [['commit', 'select 1']],
    [['begin', 'select 1']],
  ])('a statement that turns out to be transaction control ends the session: %j', async (texts) => {
    await expect(runScript(texts, nothing)).rejects.toEqual(changed)
    expect(await session.settled()).toBe(false)
    expect(session.isDestroyed).toBe(true)
    expect(await read()).toEqual([])
  })

  it.each([
    [['select 1', `${insert(1)}; commit`]],
    [[`select 1; ${insert(1)}`, 'select 1']],
    [['begin; select 1', insert(1)]],
    [['select 1 -- \n; commit', 'select 1']],
  ])('a statement that turns out to be several is not run: %j', async (texts) => {
    await expect(runScript(texts, nothing)).rejects.toMatchObject({
      notice: { message: 'cannot insert multiple commands into a prepared statement' },
    })
    expect(await read()).toEqual([])
  })

  it.each([
    'do $$ begin commit; end $$',
    'do $$ begin rollback and chain; end $$',
    `do $$ begin execute 'commit'; end $$`,
  ])('no block of code ends its transaction: %s', async (text) => {
    await expect(runScript([insert(1), text])).rejects.toBeInstanceOf(WarehouseError)
    expect(await session.settled()).toBe(true)
    expect(await read()).toEqual([])
  })

  it.each(['copy a to stdout', 'copy (select 1) to stdout', 'copy a from stdin'])(
    'a copy ends the session: %s',
    async (text) => {
      await expect(runScript([insert(1), text])).rejects.toEqual(changed)
      expect(await session.settled()).toBe(false)
      await until(async () => expect(await warehouse.countBackends(role)).toBe(0))
      expect(await read()).toEqual([])
    },
  )
})

describe('a script in a session that only reads', () => {
  beforeEach(async () => {
    session = await warehouse.open(role, { readsOnly: true })
  })

  it.each([
    [['select 1', insert(1)]],
    [['select 1', 'set transaction read write', insert(1)]],
    [['set transaction read write', 'select 1', insert(1)]],
    [[`select set_config('transaction_read_only', 'off', true)`, insert(1)]],
    [['set session characteristics as transaction read write', insert(1)]],
    [['set default_transaction_read_only = off', insert(1)]],
    [[`do $$ begin set local transaction_read_only = off; end $$`, insert(1)]],
    [['create temporary table b (id int)', insert(1)]],
  ])('writes nothing: %j', async (texts) => {
    await runScript(texts).catch(() => {})
    // What can be set before the first query is for the policy to refuse.
    const isFirst = /^set (transaction|session)/.test(texts[0] ?? '')
    if (!isFirst) expect(await read()).toEqual([])
  })

  it.each([['commit'], ['begin'], ['begin read write'], ['rollback and chain']])(
    'controls no transaction: %s',
    async (text) => {
      for (const texts of [
        [text, insert(1)],
        ['select 1', text, insert(1)],
      ]) {
        await expect(runScript(texts)).rejects.toMatchObject({
          code: 'statement_not_allowed',
        })
        await session.settled()
      }
      expect(await read()).toEqual([])
    },
  )

  it('sees one transaction', async () => {
    const { rows } = await runScript(['select now()', 'select now()', 'show transaction_read_only'])
    expect(rows[0]).toEqual(rows[1])
    expect(rows[2]).toEqual([['on']])
  })
})

describe('what a script leaves behind is gone for whoever comes next', () => {
  it.each<[what: string, texts: string[], probe: string, clean: string | null]>([
    [
      'a search path',
      ['set search_path = pg_catalog'],
      `select current_setting('search_path')`,
      'public,cartodb,postgis',
    ],
    [
      'no time limit',
      ['set statement_timeout = 0'],
      `select current_setting('statement_timeout')`,
      '65s',
    ],
    [
      'a setting after a commit',
      ['begin', `set a.b = 'c'`, 'commit'],
      `select coalesce(current_setting('a.b', true), '')`,
      '',
    ],
    ['a temporary table', ['create temp table t ()', 'commit'], `select to_regclass('t')`, null],
    [
      'a prepared statement',
      ['prepare p as select 1', 'commit'],
      'select count(*) from pg_prepared_statements',
      '0',
    ],
    [
      'a cursor',
      ['declare c cursor with hold for select 1', 'commit'],
      `select count(*) from pg_cursors where name <> ''`,
      '0',
    ],
    [
      'a lock on a table',
      ['begin', 'lock table a'],
      `select count(*) from pg_locks where relation = 'a'::regclass and pid = pg_backend_pid()`,
      '0',
    ],
    [
      'an advisory lock',
      ['select pg_advisory_lock(1)', 'commit'],
      `select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()`,
      '0',
    ],
    ['a subscription', ['listen a', 'commit'], 'select count(*) from pg_listening_channels()', '0'],
    ['another role', ['set role pg_monitor', 'commit'], 'select current_user = session_user', 't'],
    [
      'another isolation',
      [`set session characteristics as transaction isolation level serializable`],
      `select current_setting('transaction_isolation')`,
      'read committed',
    ],
    [
      'a transaction',
      ['begin isolation level serializable'],
      `select current_setting('transaction_isolation')`,
      'read committed',
    ],
  ])('%s', async (_, texts, probe, clean) => {
    for (const script of [
      [...texts, 'select 1'],
      [...texts, 'select 1 / 0'],
    ]) {
      await runScript(script).catch(() => {})
      if (!(await session.settled())) {
        // As clean: nobody will use it again.
        expect(session.isDestroyed).toBe(true)
        session = await warehouse.open(role)
      }
      expect((await readInSession(session, probe)) ?? null).toBe(clean)
    }
  })

  it.each([
    `set timezone = 'Europe/Paris'`,
    `set local timezone = 'Europe/Paris'`,
    `set client_encoding = 'LATIN1'`,
    'set session authorization pg_monitor',
  ])('a setting that changes what values look like ends the session: %s', async (text) => {
    await expect(runScript(['begin', text, insert(1), 'commit'])).rejects.toMatchObject({
      code: 'statement_not_allowed',
    })
    expect(await session.settled()).toBe(false)
    expect(await read()).toEqual([])
  })
})

describe('an end to a script', () => {
  it('comes within a statement, and no other is begun', async () => {
    const running = runScript([insert(1), 'select pg_sleep(60)', insert(2)])
    await until(async () => {
      const { rows } = await warehouse.superuser.query(
        `select from pg_stat_activity where usename = $1 and wait_event = 'PgSleep'`,
        [role],
      )
      expect(rows).toHaveLength(1)
    })
    session.cancel()
    await expect(running).rejects.toMatchObject({ sqlstate: '57014' })
    await session.settled()
    expect(await read()).toEqual([])
  })

  it('comes between two statements as well', async () => {
    const statements = [insert(1), insert(2)].map((text) => ({ text, controlsTransaction: false }))
    const running = runScriptIn(session, statements, (index) => {
      if (index === 1) session.cancel()
      return {}
    })
    await expect(running).rejects.toThrow()
    await session.settled()
    expect(await read()).toEqual([])
  })

  it('comes before the commit as well', async () => {
    const statements = [insert(1), 'select 1'].map((text) => ({ text, controlsTransaction: false }))
    const running = runScriptIn(session, statements, () => ({
      // It is the last row of the last statement: nothing may be left to cancel.
      row: () => session.cancel(),
    }))
    await expect(running).rejects.toThrow()
    await session.settled()
    expect(await read()).toEqual([])
  })

  it('leaves nothing when the session is lost half-way', async () => {
    await expect(
      runScript([insert(1), 'select pg_terminate_backend(pg_backend_pid())', insert(2)]),
    ).rejects.toThrow()
    expect(await session.settled()).toBe(false)
    expect(await read()).toEqual([])
  })
})
