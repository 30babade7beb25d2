import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type AttackedAccounts,
  canary,
  expectRefused,
  expectRows,
  openAttackedAccounts,
} from '../support/attacked-accounts.ts'
import { plainEntrances } from '../support/entrances.ts'
import { sql } from '../support/requests.ts'

// Reading by functions that run SQL of their own, by the catalogue, and by what a grant brings along.

let accounts: AttackedAccounts

beforeAll(async () => {
  accounts = await openAttackedAccounts()
})
afterAll(() => accounts.postern.stop())

const stolen = "'select name from private_points'"

describe('row 12: functions that run SQL, or read a table that they are told the name of', () => {
  test.each([
    `query_to_xml(${stolen}, true, false, '')`,
    `query_to_xmlschema(${stolen}, true, false, '')`,
    `query_to_xml_and_xmlschema(${stolen}, true, false, '')`,
    `pg_catalog.query_to_xml(${stolen}, true, false, '')`,
    "table_to_xml('private_points'::regclass, true, false, '')",
    "table_to_xmlschema('private_points'::regclass, true, false, '')",
    "table_to_xml_and_xmlschema('private_points'::regclass, true, false, '')",
    "cursor_to_xml('a'::refcursor, 1, true, false, '')",
    "cursor_to_xmlschema('a'::refcursor, true, false, '')",
    "schema_to_xml('public'::name, true, false, '')",
    "schema_to_xml_and_xmlschema('public'::name, true, false, '')",
    "database_to_xml(true, false, '')",
    "database_to_xml_and_xmlschema(true, false, '')",
    "ts_stat('select to_tsvector(name) from private_points')",
    "ts_stat('select to_tsvector(name) from private_points', 'a')",
    "ts_rewrite('a'::tsquery, 'select ''a''::tsquery, name::tsquery from private_points')",
  ])('%s, by anybody', async (call) => {
    const name = /(\w+)\(/.exec(call)?.[1]
    await expectRefused(
      accounts,
      `select (${call})::text, null::geometry as the_geom`,
      `403 permission denied for function ${name}`,
      { by: accounts.everybody },
    )
  })

  test.each([
    "st_findextent('private_points', 'the_geom')",
    "postgis.st_findextent('public', 'private_points', 'the_geom')",
    "st_estimatedextent('private_points', 'the_geom')",
    "addgeometrycolumn('private_points', 'g', 4326, 'POINT', 2)",
    "dropgeometrytable('private_points')",
    "updategeometrysrid('private_points', 'the_geom', 3857)",
    'populate_geometry_columns()',
    "st_fromflatgeobuftotable('public', 'made_now', '\\x')",
  ])('%s, by a key', async (call) => {
    const name = /(\w+)\(/.exec(call)?.[1]
    await expectRefused(
      accounts,
      `select (${call})::text, null::geometry as the_geom`,
      `403 permission denied for function ${name}`,
      { by: accounts.keys },
    )
  })

  test('find_srid tells the projection of what a key may select, and knows no other table', async () => {
    const { nobody, reader, writer } = accounts
    const q = "select find_srid('public', 'private_points', 'the_geom')"
    for (const key of [reader, writer]) {
      expect(await expectRows(accounts, key, q)).toEqual([{ find_srid: 4326 }])
    }
    await expectRefused(
      accounts,
      "select find_srid('public', 'other_points', 'the_geom'), null::geometry as the_geom",
      /: 400 find_srid\(\) - could not find the corresponding SRID/,
      { by: [nobody, reader, writer] },
    )
  })

  test.each([
    ['pg_read_file', "pg_read_file('/etc/passwd')"],
    ['pg_read_binary_file', "pg_read_binary_file('/etc/passwd')"],
    ['pg_ls_dir', "pg_ls_dir('/')"],
    ['pg_stat_file', "pg_stat_file('/etc/passwd')"],
    ['pg_reload_conf', 'pg_reload_conf()'],
    ['pg_terminate_backend', 'pg_terminate_backend(1)'],
    ['pg_cancel_backend', 'pg_cancel_backend(1)'],
  ])('%s, which reaches past the database', async (name, call) => {
    await expectRefused(
      accounts,
      `select (${call})::text, null::geometry as the_geom`,
      `403 permission denied for function ${name}`,
      { by: accounts.everybody },
    )
  })
})

describe('row 25: what a grant of all four verbs does not bring along', () => {
  test('more privileges than the four', async () => {
    const verbs = ['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger']
    const columns = verbs.map(
      (verb) => `has_table_privilege('private_points', '${verb}') as ${verb}`,
    )
    expect(await expectRows(accounts, accounts.writer, `select ${columns.join(', ')}`)).toEqual([
      {
        select: true,
        insert: true,
        update: true,
        delete: true,
        truncate: false,
        references: false,
        trigger: false,
      },
    ])
    const options = verbs.map(
      (verb) => `has_table_privilege('private_points', '${verb} with grant option')`,
    )
    expect(
      await expectRows(accounts, accounts.writer, `select ${options.join(' or ')} as may_grant`),
    ).toEqual([{ may_grant: false }])
  })

  test('a foreign key, which tells what values there are', async () => {
    const { creator, postern } = accounts
    await sql(postern, 'alice', 'create table own (id int primary key)', creator.token)
    for (const q of [
      'create table made_now (id int references private_points)',
      'create table made_now (id int, foreign key (id) references private_points (cartodb_id))',
      'alter table own add foreign key (id) references private_points (cartodb_id)',
    ]) {
      await expectRefused(accounts, q, '403 permission denied for table private_points', {
        by: [creator],
        through: plainEntrances,
      })
    }
  })

  test.each([
    'create unique index on private_points (name)',
    'alter table private_points add unique (name)',
    "alter table private_points add check (name <> 'x')",
    'create table made_now partition of private_points default',
  ])('%s', async (q) => {
    await expectRefused(
      accounts,
      q,
      /: (400 must be owner of table private_points|403 permission denied for schema public)$/,
      { by: accounts.keys, through: plainEntrances },
    )
  })

  test('a trigger, a rule or a policy', async () => {
    for (const q of [
      'create trigger t before insert on private_points for each row execute function f()',
      'create rule r as on select to private_points do instead select 1',
      'create policy p on private_points using (true)',
    ]) {
      await expectRefused(
        accounts,
        q,
        '403 Only the master key may manage functions, triggers, rules, policies, types and operators.',
        { by: accounts.keys },
      )
    }
  })
})

describe('tables that describe the database', () => {
  const catalogue = [
    'select 1 as n, null::geometry as the_geom from pg_attribute',
    'select 1 as n, null::geometry as the_geom from PG_attribute',
    'select 1 as n, null::geometry as the_geom from "pg_attribute"',
    'select 1 as n, null::geometry as the_geom from pg_catalog.pg_attribute limit 1',
    'select a.attname, null::geometry as the_geom from public_points p join pg_attribute a on true',
    'select 1 as n, null::geometry as the_geom from geometry_columns',
    'select 1 as n, null::geometry as the_geom from information_schema.tables',
    'select 1 as n, null::geometry as the_geom from public_points where exists (select from pg_class)',
  ]

  test.each(catalogue)('are not for keys: %s', async (q) => {
    await expectRefused(accounts, q, '403 system tables are forbidden', { by: accounts.keys })
  })

  test.each(catalogue)('are for the master: %s', async (q) => {
    await expectRows(accounts, accounts.master, `${q.replace(/ limit 1$/, '')} limit 1`)
  })

  test.each([
    "select 'pg_class' as name",
    "select 'select * from pg_class' as name",
    'select name as pg_attribute from public_points',
    'with pg_like as (select 1 as n) select n from pg_like',
    'select 1 as n from public_points as pg_class',
  ])('are not seen where there are none: %s', async (q) => {
    for (const attacker of accounts.everybody) {
      const { status } = await sql(accounts.postern, 'alice', q, attacker.token)
      expect({ attacker: attacker.name, status }).toEqual({ attacker: attacker.name, status: 200 })
    }
  })
})

test('no error quotes what it must not tell', async () => {
  const { postern, keys } = accounts
  for (const { token } of keys) {
    for (const q of [
      'select name::int from private_points',
      'select 1 / 0 from other_points',
      'insert into private_points (cartodb_id) select cartodb_id from other_points',
      "select * from private_points where name = 'x'::int::text",
      'select st_geomfromtext(name) from other_points',
    ]) {
      const answer = await sql(postern, 'alice', q, token)
      if (token === accounts.reader.token || token === accounts.writer.token) {
        if (!q.includes('other_points')) continue
      }
      expect(answer.status).toBeGreaterThanOrEqual(400)
      expect(answer.text).not.toContain(canary)
      expect(Object.keys(answer.json())).toEqual(['error'])
    }
  }
})

test('details and hints of PostgreSQL, which can quote rows, are for the owner alone', async () => {
  const { postern, writer, master } = accounts
  const q = 'insert into private_points (cartodb_id) values (1)'
  const answer = await sql(postern, 'alice', q, writer.token)
  expect(answer.json()).toEqual({
    error: ['duplicate key value violates unique constraint "private_points_pkey"'],
  })
  expect((await sql(postern, 'alice', q, master.token)).json()).toMatchObject({
    detail: 'Key (cartodb_id)=(1) already exists.',
  })
})
