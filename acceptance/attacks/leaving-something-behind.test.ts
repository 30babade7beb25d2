import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type AttackedAccounts,
  describeSessions,
  expectRefused,
  expectRows,
  openAttackedAccounts,
} from '../support/attacked-accounts.ts'
import { plainEntrances } from '../support/entrances.ts'
import { basic, send } from '../support/requests.ts'

// Leaving something on a pooled session for whoever comes next, or taking what others have left.

let accounts: AttackedAccounts

beforeAll(async () => {
  accounts = await openAttackedAccounts()
})
afterAll(() => accounts.postern.stop())

const noSettings =
  '403 Settings do not last from one request to the next: SET and RESET are only for the master key, among other statements in one text.'
const noPreparing =
  '403 Prepared statements do not last from one request to the next: PREPARE, EXECUTE and DEALLOCATE are only for the master key, among other statements in one text.'
const noCursors =
  '403 Cursors do not last from one request to the next: DECLARE, FETCH, MOVE and CLOSE are only for the master key, among other statements in one text.'

/** Expects that the attackers' sessions are after `attack` as they were before, and all alike. */
async function expectCleanSessions(attack: () => Promise<void>): Promise<void> {
  const look = () =>
    Promise.all(
      [accounts.nobody, accounts.writer, accounts.master].map((attacker) =>
        describeSessions(accounts, attacker),
      ),
    )
  const before = await look()
  await attack()
  expect(await look()).toEqual(before)
  expect(before.map((kinds) => kinds.length)).toEqual([1, 1, 1])
}

/** A tile, which is drawn on sessions that no caller's SQL runs on. */
async function expectTile(): Promise<void> {
  const { alice } = accounts
  const answer = await send(`${alice.base_url}/v3/maps/default/table/0/0/0?name=private_points`, {
    headers: basic('alice', alice.master_key),
  })
  expect(answer.status).toBe(200)
}

describe('row 26: settings', () => {
  test.each([
    'set statement_timeout = 0',
    'set local statement_timeout = 0',
    'set session statement_timeout to default',
    'set search_path = archive, public',
    "set work_mem = '2000GB'",
    "set client_encoding = 'SQL_ASCII'",
    "set names 'LATIN1'",
    'set standard_conforming_strings = off',
    "set time zone 'Asia/Tokyo'",
    'set session characteristics as transaction read write',
    "set schema 'archive'",
    'set xml option document',
    'reset all',
    'reset statement_timeout',
  ])('%s is refused', async (q) => {
    await expectRefused(accounts, q, noSettings, { by: accounts.everybody })
  })

  test('that a block of code of the master has changed are as they were for the next request', async () => {
    const change = (settings: string) =>
      expectRows(accounts, accounts.master, `do $$ begin ${settings}; end $$`)
    await expectCleanSessions(async () => {
      for (let times = 0; times < 8; times += 1) {
        await change("set statement_timeout = 0; set search_path = archive; set work_mem = '1GB'")
        await change('set lock_timeout = 0; set idle_in_transaction_session_timeout = 0')
      }
    })
  })

  test.each([
    "set client_encoding = 'LATIN1'",
    "set datestyle = 'German'",
    "set time zone 'Asia/Tokyo'",
    'set standard_conforming_strings = off',
    "set intervalstyle = 'iso_8601'",
  ])(
    'that change what the bytes of a session mean cost the master the request: %s',
    async (setting) => {
      await expectCleanSessions(async () => {
        await expectRefused(
          accounts,
          `do $$ begin ${setting}; end $$`,
          '403 The statement changed a setting of the session, which no statement may do.',
          { by: [accounts.master], through: plainEntrances },
        )
      })
      expect(await expectRows(accounts, accounts.master, "select 'é\\' as text")).toEqual([
        { text: 'é\\' },
      ])
    },
  )

  test('are not forgotten sequences: what one request drew, the next cannot see', async () => {
    const { writer } = accounts
    await expectRows(accounts, writer, "select nextval('private_points_cartodb_id_seq')")
    for (let times = 0; times < 8; times += 1) {
      await expectRefused(
        accounts,
        'select lastval()',
        '400 lastval is not yet defined in this session',
        { by: [writer], through: plainEntrances },
      )
    }
  })
})

describe('row 27: temporary tables that stand in front of real ones', () => {
  test.each([
    'create temporary table public_points (name text)',
    "create temp table private_points as select 'fake' as name",
    "select 'fake' as name into temporary public_points",
    'create temp sequence private_points_cartodb_id_seq',
  ])('%s', async (q) => {
    await expectRefused(accounts, q, /: 40[03] .*temporary/, {
      by: accounts.everybody,
      through: plainEntrances,
    })
  })

  test.each(['pg_temp', 'pg_temp_3', 'pg_toast_temp_3'])('in the schema %s', async (schema) => {
    const q = `create table ${schema}.public_points (name text)`
    await expectRefused(accounts, q, '403 system tables are forbidden', { by: accounts.keys })
    await expectRefused(accounts, q, /: 40[03] .*tempor|: 400 schema "pg_\w+" does not exist/, {
      by: [accounts.master],
      through: plainEntrances,
    })
  })

  test('nor by a block of code, for nobody may have temporary tables', async () => {
    for (const attacker of accounts.everybody) {
      const q = "select has_database_privilege(current_database(), 'temp') as may"
      expect(await expectRows(accounts, attacker, q)).toEqual([{ may: false }])
    }
    await expectRefused(
      accounts,
      'do $$ begin create temp table public_points (name text); end $$',
      /: 403 permission denied to create temporary tables/,
      { by: [accounts.master], through: plainEntrances },
    )
    const rows = await expectRows(accounts, accounts.nobody, 'select name from public_points')
    expect(rows).toHaveLength(3)
  })
})

test('row 28: no view or function can be planted for whoever uses the session next', async () => {
  const { keys } = accounts
  const views = '403 Only the master key may create or change views.'
  const code =
    '403 Only the master key may manage functions, triggers, rules, policies, types and operators.'
  for (const [q, refusal] of [
    ['create temp view public_points as select * from private_points', views],
    ['create or replace temporary recursive view public_points (n) as select 1', views],
    [
      "create function pg_temp.st_asmvt(x anyelement) returns text language sql as 'select 1'",
      code,
    ],
    ['create operator pg_temp.&& (leftarg = int, rightarg = int, function = int4eq)', code],
    ['create type pg_temp.geometry as (n int)', code],
    ['create domain pg_temp.geometry as int', code],
  ] as const) {
    await expectRefused(accounts, q, refusal, { by: keys })
  }
})

describe('row 29: taking the name of a prepared statement', () => {
  test.each([
    'prepare a as select 1',
    'prepare find_relation (name, name) as select 1',
    'execute a',
    'create table made_now as execute a',
  ])('%s is refused', async (q) => {
    await expectRefused(accounts, q, noPreparing, { by: accounts.everybody })
  })

  test('not even a block of code meets the statements of the server', async () => {
    await expectTile()
    for (let times = 0; times < 8; times += 1) {
      await expectRows(
        accounts,
        accounts.master,
        `do $$ begin execute 'prepare "find-relation" as select 1'; execute 'prepare a as select 2'; end $$`,
      )
    }
    await expectTile()
    // On a session that has forgotten it, the name is free again.
    for (let times = 0; times < 8; times += 1) {
      await expectRows(
        accounts,
        accounts.master,
        "do $$ begin execute 'prepare a as select 3'; end $$",
      )
    }
  })
})

describe('row 30: taking away what the driver has prepared', () => {
  test.each(['deallocate all', 'deallocate a', 'deallocate "find-relation"'])(
    '%s is refused',
    async (q) => {
      await expectRefused(accounts, q, noPreparing, { by: accounts.everybody })
    },
  )

  test.each(['discard all', 'discard plans', 'discard temp', 'discard sequences'])(
    '%s is refused',
    async (q) => {
      await expectRefused(accounts, q, '403 DISCARD is not available.', { by: accounts.everybody })
    },
  )

  test('and tiles are drawn all the same', async () => {
    await expectTile()
    await expectRows(accounts, accounts.master, "do $$ begin execute 'deallocate all'; end $$")
    await expectTile()
  })
})

test.each([
  'pg_advisory_lock(1)',
  'pg_advisory_lock_shared(1, 2)',
  'pg_advisory_xact_lock(1)',
  'pg_try_advisory_lock(1)',
  'pg_try_advisory_xact_lock_shared(1)',
  'pg_advisory_unlock_all()',
  'pg_catalog.pg_advisory_lock(1::bigint)',
])('row 31: %s does not hold a lock beyond the request', async (call) => {
  const name = /(\w+)\(/.exec(call)?.[1]
  const q = `select ${call}, null::geometry as the_geom`
  await expectRefused(accounts, q, `403 permission denied for function ${name}`, {
    by: accounts.everybody,
  })
})

describe('row 32: messages between sessions', () => {
  test.each(['listen postern', 'notify postern', "notify postern, 'forged'", 'unlisten *'])(
    '%s is refused',
    async (q) => {
      await expectRefused(accounts, q, '403 LISTEN, NOTIFY and UNLISTEN are not available.', {
        by: accounts.everybody,
      })
    },
  )

  test('are not sent by a function either', async () => {
    const q = "select pg_notify('postern', 'forged'), null::geometry as the_geom"
    await expectRefused(accounts, q, '403 permission denied for function pg_notify', {
      by: accounts.everybody,
    })
  })

  test('what a block of code listens to is over with its request', async () => {
    const { master } = accounts
    for (let times = 0; times < 8; times += 1) {
      await expectRows(accounts, master, "do $$ begin execute 'listen postern'; end $$")
    }
    for (let times = 0; times < 8; times += 1) {
      const q = 'select count(*)::int as channels from pg_listening_channels()'
      expect(await expectRows(accounts, master, q)).toEqual([{ channels: 0 }])
    }
    await expectRefused(
      accounts,
      "do $$ begin execute 'listen postern'; execute 'notify postern'; end $$",
      '403 The statement began a copy or sent a notification, which is not available here.',
      { by: [master], through: plainEntrances },
    )
    await expectRows(accounts, master, 'select 1')
  })

  test('a forged notification of the master does not reach the control database', async () => {
    const { master, reader } = accounts
    await expectRows(accounts, master, "do $$ begin execute 'notify postern_epochs'; end $$")
    await expectRows(accounts, reader, 'select 1')
  })
})

describe('row 33: cursors and transactions that wait', () => {
  test.each([
    'declare a cursor with hold for select 1',
    'declare a cursor for select name from private_points',
    'fetch all from a',
    'move 1 in a',
    'close a',
  ])('%s is refused', async (q) => {
    await expectRefused(accounts, q, noCursors, { by: accounts.everybody })
  })

  test.each(["prepare transaction 'a'", "commit prepared 'a'", "rollback prepared 'a'"])(
    '%s is refused',
    async (q) => {
      await expectRefused(accounts, q, '403 Prepared transactions are not available.', {
        by: accounts.everybody,
      })
    },
  )

  test('what a block of code opens is closed after its request', async () => {
    const { master } = accounts
    for (let times = 0; times < 8; times += 1) {
      await expectRows(
        accounts,
        master,
        "do $$ begin execute 'declare a cursor with hold for select 1'; end $$",
      )
    }
    for (let times = 0; times < 8; times += 1) {
      const q = 'select count(*)::int as open from pg_cursors where is_holdable'
      expect(await expectRows(accounts, master, q)).toEqual([{ open: 0 }])
    }
    const [waiting] = await expectRows(
      accounts,
      master,
      'select count(*)::int as n from pg_prepared_xacts',
    )
    expect(waiting).toEqual({ n: 0 })
  })
})

test.each([
  'lo_create(0)',
  'lo_creat(-1)',
  "lo_from_bytea(0, 'hidden')",
  "lo_put(1, 0, 'hidden')",
  'lo_get(1)',
  'lo_open(1, 131072)',
  'lo_unlink(1)',
  "lo_import('/etc/passwd')",
  "lo_export(1, '/tmp/hidden')",
  'loread(0, 1)',
  "lowrite(0, 'hidden')",
])('row 34: %s keeps nothing outside of the tables', async (call) => {
  const name = /(\w+)\(/.exec(call)?.[1]
  const q = `select ${call}, null::geometry as the_geom`
  await expectRefused(accounts, q, `403 permission denied for function ${name}`, {
    by: accounts.everybody,
  })
})
