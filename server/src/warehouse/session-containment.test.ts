import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { attemptInSession, readInSession } from '../../test/run-in-session.ts'
import { until } from '../../test/until.ts'
import {
  createTestWarehouse,
  type OpenChanges,
  type TestWarehouse,
} from '../../test/warehouse-database.ts'
import { WarehouseError } from './warehouse-error.ts'

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
const notAllowed = expect.objectContaining({ code: 'statement_not_allowed', status: 403 })

describe('a statement in a session that only reads', () => {
  it.each([
    ['insert into a values (1)'],
    ['with b as (insert into a values (1) returning *) select * from b'],
    ['update a set id = 1'],
    ['create table b ()'],
    ['drop table a'],
    [`do $$ begin insert into a values (1); end $$`],
    [`do $$ begin set transaction read write; insert into a values (1); end $$`],
    [
      `do $$ begin perform set_config('transaction_read_only', 'off', true); insert into a values (1); end $$`,
    ],
    [`do $$ begin commit; insert into a values (1); end $$`],
    [`do $$ begin rollback and chain; insert into a values (1); end $$`],
    [`explain analyze insert into a values (1)`],
  ])('changes nothing: %s', async (text) => {
    const session = await open({ readsOnly: true })
    const { failure } = await attemptInSession(session, text)
    expect(failure).toBeInstanceOf(WarehouseError)
    const { rows } = await warehouse.superuser.query(
      `select to_regclass('a') as a, to_regclass('b') as b, (select count(*)::int from a) as count`,
    )
    expect(rows).toEqual([{ a: 'a', b: null, count: 0 }])
  })

  it.each([
    'set transaction read write',
    'set session characteristics as transaction read write',
    'set default_transaction_read_only = off',
    `select set_config('transaction_read_only', 'off', false)`,
    `select set_config('default_transaction_read_only', 'off', false)`,
  ])('cannot open the way for the next one: %s', async (text) => {
    const session = await open({ readsOnly: true })
    await attemptInSession(session, text)
    if (session.isDestroyed) return
    const { failure } = await attemptInSession(session, 'insert into a values (1)')
    expect(failure).toEqual(refused('25006'))
  })
})

describe('what a statement leaves behind', () => {
  it.each<[what: string, text: string, probe: string, clean: string | null]>([
    [
      'a search path',
      'set search_path = pg_catalog',
      `select current_setting('search_path')`,
      'public,cartodb,postgis',
    ],
    [
      'no time limit',
      'set statement_timeout = 0',
      `select current_setting('statement_timeout')`,
      '65s',
    ],
    [
      'a setting of its own',
      `set a.b = 'c'`,
      `select coalesce(current_setting('a.b', true), '')`,
      '',
    ],
    [
      'a setting set by a function',
      `select set_config('work_mem', '1GB', false)`,
      `select current_setting('work_mem') = '1GB'`,
      'f',
    ],
    ['a temporary table', 'create temporary table t as select 1', `select to_regclass('t')`, null],
    [
      'a temporary table in front of a real one',
      'create temporary table a as select 1',
      `select relpersistence from pg_class where oid = 'a'::regclass`,
      'p',
    ],
    [
      'an advisory lock',
      'select pg_advisory_lock(1)',
      `select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()`,
      '0',
    ],
    [
      'a prepared statement',
      'prepare "find-relation" as select 1',
      'select count(*) from pg_prepared_statements',
      '0',
    ],
    [
      'a cursor',
      'declare c cursor with hold for select 1',
      `select count(*) from pg_cursors where name <> ''`,
      '0',
    ],
    ['a subscription', 'listen a', 'select count(*) from pg_listening_channels()', '0'],
    ['another role', 'set role pg_monitor', 'select current_user = session_user', 't'],
    [
      'the value of a sequence',
      `select setval('s', 7)`,
      `do $$ begin perform currval('s'); raise 'kept'; exception when object_not_in_prerequisite_state then null; end $$`,
      null,
    ],
  ])('is gone before the session is used again: %s', async (_, text, probe, clean) => {
    await warehouse.superuser.query('create sequence if not exists s')
    const session = await open()
    const { failure, isClean } = await attemptInSession(session, text)
    if (!isClean) {
      // As clean: nobody will use it again.
      expect(session.isDestroyed).toBe(true)
      return
    }
    expect(failure).toBeUndefined()
    expect((await readInSession(session, probe)) ?? null).toBe(clean)
  })

  it('does not win against what sessions start with, stored with the role or not', async () => {
    const stored = await warehouse.createRole()
    for (const setting of [
      `timezone = 'Asia/Tokyo'`,
      'search_path = pg_catalog',
      'statement_timeout = 0',
      `bytea_output = 'escape'`,
      `datestyle = 'German'`,
      'default_transaction_read_only = on',
    ]) {
      await warehouse.superuser.query(`alter role ${stored} set ${setting}`)
    }
    const session = await open({ role: stored })
    for (let repeated = 0; repeated < 2; repeated += 1) {
      expect(
        await readInSession(
          session,
          `select concat_ws(' ', current_setting('timezone'), current_setting('search_path'),
             current_setting('statement_timeout'), current_setting('bytea_output'),
             current_setting('datestyle'), current_setting('default_transaction_read_only'))`,
        ),
      ).toBe('UTC public,cartodb,postgis 65s hex ISO, YMD off')
    }
  })
})

describe('a statement that takes hold of the session ends it', () => {
  it.each([
    `set timezone = 'Europe/Paris'`,
    `set datestyle = 'German'`,
    `set intervalstyle = 'iso_8601'`,
    `set client_encoding = 'LATIN1'`,
    'set standard_conforming_strings = off',
    `set application_name = 'other'`,
    `select set_config('timezone', 'Europe/Paris', false)`,
    'set session authorization pg_monitor',
  ])('by a setting that changes what values look like: %s', async (text) => {
    let lost = 0
    const session = await open({ lost: () => (lost += 1) })
    const { failure, isClean } = await attemptInSession(session, text)
    expect(failure).toEqual(notAllowed)
    expect([isClean, session.isDestroyed, lost]).toEqual([false, true, 1])
  })

  it.each(['begin', 'begin read write', 'start transaction', 'commit', 'rollback'])(
    'by its transaction: %s',
    async (text) => {
      const session = await open()
      const { failure, isClean } = await attemptInSession(session, text)
      expect(failure).toEqual(notAllowed)
      expect([isClean, session.isDestroyed]).toEqual([false, true])
    },
  )

  it.each([
    'copy (select generate_series(1, 100000)) to stdout',
    'copy (select 1) to stdout (format binary)',
    'copy a from stdin',
  ])('by a copy, which does not hang: %s', async (text) => {
    const copier = await warehouse.createRole('superuser')
    const session = await open({ role: copier })
    const { failure, isClean } = await attemptInSession(session, text)
    expect(failure).toEqual(notAllowed)
    expect([isClean, session.isDestroyed]).toEqual([false, true])
    await until(async () => expect(await warehouse.countBackends(copier)).toBe(0))
  })
})
