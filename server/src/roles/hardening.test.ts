import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAccount, createKey, runAs } from '../../test/account.ts'
import { createInstallation, type TestInstallation } from '../../test/installation.ts'
import type { Account } from '../store/accounts.ts'
import { checkHardening, mendHardening } from './check-hardening.ts'
import { hardeningRules } from './hardening.ts'

let installation: TestInstallation
let account: Account
/** A database as PostgreSQL and PostGIS make it. */
const plain = `postern_test_plain_${randomBytes(4).toString('hex')}`

beforeAll(async () => {
  installation = await createInstallation()
  account = await createAccount(installation)
  const { cluster } = installation.admin
  await cluster.query(`create database ${plain} template template0`)
  const database = installation.admin.on(plain)
  await database.query('create schema postgis; create extension postgis schema postgis')
  // What PostgreSQL 14 still gave to everybody, and what nobody should have made.
  await database.query(`grant create on schema public to public;
    create function public.readable_by_all() returns int language sql security definer as 'select 1'`)
})

afterAll(async () => {
  await installation.admin.forget(plain)
  await installation.admin.cluster.query(`drop database if exists ${plain} with (force)`)
  await installation.close()
})

describe('the rules', () => {
  it('find each what PostgreSQL and PostGIS leave open, and nothing once it is mended', async () => {
    const open = await checkHardening(installation.admin, plain)
    expect(open.map(({ sentence }) => sentence.split(':')[0])).toEqual(
      hardeningRules.map(({ name }) => name),
    )
    expect(open.every(({ severity }) => severity === 'problem')).toBe(true)

    const mended = await mendHardening(installation.admin, plain)
    expect(mended.map(({ severity }) => severity)).toEqual(hardeningRules.map(() => 'mended'))
    expect(await checkHardening(installation.admin, plain)).toEqual([])
    expect(await mendHardening(installation.admin, plain)).toEqual([])
  })

  it('hold in the template, and so in the database of a new account', async () => {
    expect(await checkHardening(installation.admin, account.database)).toEqual([])
  })

  it('catch a later overload, and one that an extension brings', async () => {
    const database = installation.admin.on(plain)
    await database.query('create extension dblink schema postgis')
    const findings = await checkHardening(installation.admin, plain)
    expect(findings).toHaveLength(1)
    expect(findings[0]?.sentence).toContain('dblink')
    await mendHardening(installation.admin, plain)
    await database.query('drop extension dblink')
  })

  it("keep for an account's owner what an earlier version left to everybody", async () => {
    const { admin } = installation
    const asOwner = () =>
      runAs(
        installation,
        { ...account, role: account.ownerRole },
        `select pg_get_viewdef('pg_catalog.pg_tables'::regclass) is not null as is_shown`,
      )
    await admin.on(account.database).query(
      `grant execute on function pg_catalog.pg_get_viewdef(oid) to public;
       revoke execute on function pg_catalog.pg_get_viewdef(oid) from "${account.ownerRole}"`,
    )
    expect(await mendHardening(admin, account.database)).toMatchObject([{ severity: 'mended' }])
    expect(await asOwner()).toEqual([{ is_shown: true }])
  })

  it("leave alone what an account's owner makes and opens", async () => {
    await runAs(
      installation,
      { ...account, role: account.ownerRole },
      `create function lo_answer() returns int language sql security definer as 'select 42'`,
    )
    expect(await checkHardening(installation.admin, account.database)).toEqual([])
    expect(
      await runAs(installation, { ...account, role: account.publicRole }, 'select lo_answer()'),
    ).toEqual([{ lo_answer: 42 }])
  })

  it('take nothing from PostGIS that functions left to everybody need', async () => {
    const { rows } = await installation.admin.on(account.database).query<{ caller: string }>(
      `with shipped as (
         select p.oid, p.proname, p.prosrc, l.lanname,
           has_function_privilege('public', p.oid, 'execute') as open
         from pg_proc p join pg_language l on l.oid = p.prolang
         where p.pronamespace in ('postgis'::regnamespace, 'pg_catalog'::regnamespace)
       )
       select distinct a.oid::regprocedure::text as caller
       from shipped a join shipped b
         on a.prosrc ~* ('\\m' || b.proname || '\\s*\\(')
       where a.open and a.lanname in ('sql', 'plpgsql')
         -- Where one overload is taken away, the others are still there.
         and not exists (select from shipped o where o.proname = b.proname and o.open)`,
    )
    expect(rows).toEqual([])
  })
})

describe('a public role', () => {
  const refused: readonly (readonly [string, string])[] = [
    ['run code', `do $$ begin null; end $$`],
    ['make functions', `create function f() returns int language sql as 'select 1'`],
    ['run SQL in a string', `select query_to_xml('select 1', true, false, '')`],
    ['run SQL in a string, for text search', `select * from ts_stat('select to_tsvector(''a'')')`],
    ['run SQL in a string, rewriting', `select ts_rewrite('a'::tsquery, 'select 1')`],
    ['change settings in a SELECT', `select set_config('statement_timeout', '0', false)`],
    [
      'change settings through a view',
      `update pg_settings set setting = '0' where name = 'statement_timeout'`,
    ],
    ['take locks', 'select pg_advisory_lock(1)'],
    ['make large objects', 'select lo_create(0)'],
    ['notify', `select pg_notify('a', 'b')`],
    ['sleep', 'select pg_sleep(0)'],
    ['end sessions', 'select pg_terminate_backend(pg_backend_pid())'],
    ['export snapshots', 'select pg_export_snapshot()'],
    ['write log records', `select pg_logical_emit_message(false, 'a', 'b')`],
    ['change tables by PostGIS', `select addgeometrycolumn('t', 'g', 4326, 'POINT', 2)`],
    ['make temporary tables', 'create temporary table t (id int)'],
    [
      'read the extent of a table it may not read',
      `select st_estimatedextent('hidden', 'the_geom')`,
    ],
    [
      'read the histogram of a table it may not read',
      `select _postgis_stats('public.hidden', 'the_geom')`,
    ],
    [
      'probe the density of a table it may not read',
      `select _postgis_selectivity('public.hidden', 'the_geom', st_makeenvelope(0, 0, 1, 1, 4326))`,
    ],
    ['read the extent of an index', `select _postgis_index_extent('public.hidden', 'the_geom')`],
    ['read the text of a view', `select pg_get_viewdef('hidden_view'::regclass)`],
    ['read the text of a view, prettily', `select pg_get_viewdef('hidden_view'::regclass, true)`],
    ['read the text of a function', `select pg_get_functiondef('hidden_function'::regproc)`],
    ['read what is said of a table', `select obj_description('hidden'::regclass, 'pg_class')`],
    ['read what is said of a column', `select col_description('hidden'::regclass, 1)`],
  ]

  beforeAll(async () => {
    await runAs(
      installation,
      { ...account, role: account.ownerRole },
      `create table hidden as
       select g as id, st_setsrid(st_point(g % 10, g % 7), 4326) as the_geom
       from generate_series(1, 500) g`,
      'create index on hidden using gist (the_geom)',
      'analyze hidden',
      `create view hidden_view as select id from hidden where id <> 42`,
      `create function hidden_function() returns int language sql as 'select 42'`,
    )
  })

  it.each(refused)('cannot %s', async (_what, statement) => {
    await expect(
      runAs(installation, { ...account, role: account.publicRole }, statement),
    ).rejects.toMatchObject({ code: '42501' })
  })

  it('cannot do it through a key that may create tables either', async () => {
    const key = await createKey(installation, account, {
      schemas: [{ name: 'public', permissions: ['create'] }],
    })
    for (const [, statement] of refused) {
      await expect(
        runAs(installation, { ...account, role: key.role }, statement),
      ).rejects.toMatchObject({ code: '42501' })
    }
  })

  it('leaves definitions to the owner, whose views of the catalogue need them', async () => {
    expect(
      await runAs(
        installation,
        { ...account, role: account.ownerRole },
        `select view_definition like '%42%' as view,
           (select routine_definition from information_schema.routines
            where routine_name = 'hidden_function') as function,
           obj_description('hidden'::regclass, 'pg_class') as description
         from information_schema.views where table_name = 'hidden_view'`,
      ),
    ).toEqual([{ view: true, function: 'select 42', description: null }])
  })

  it('uses PostGIS as ever', async () => {
    await runAs(
      installation,
      { ...account, role: account.ownerRole },
      `create table cities (id int, the_geom geometry(point, 3857))`,
      `insert into cities values (1, st_transform(st_setsrid(st_point(2.35, 48.85), 4326), 3857))`,
      `grant select on cities to "${account.publicRole}"`,
    )
    const [row] = await runAs(
      installation,
      { ...account, role: account.publicRole },
      `with tile as (
         select id, st_asmvtgeom(the_geom, st_tileenvelope(4, 8, 5)) as geom
         from cities where the_geom && st_tileenvelope(4, 8, 5)
       )
       select
         (select length(st_asmvt(tile, 'cities')) > 20 from tile) as tile,
         (select st_asgeojson(st_transform(the_geom, 4326), 2) from cities) as geojson,
         (select st_area(st_buffer(the_geom, 10)) > 300 from cities) as buffered,
         st_distance('point(0 0)'::geography, 'point(1 1)'::geography) > 150000 as geography,
         st_npoints(st_union(array['point(0 0)'::geometry, 'point(1 1)'::geometry])) as points,
         (select count(*) > 1000 from spatial_ref_sys) as systems,
         (select count(*)::int from geometry_columns where f_table_name = 'cities') as listed,
         postgis_full_version() like 'POSTGIS=%' as version`,
    )
    expect(row).toMatchObject({
      tile: true,
      geojson: '{"type":"Point","coordinates":[2.35,48.85]}',
      buffered: true,
      geography: true,
      points: 2,
      systems: true,
      listed: 1,
      version: true,
    })
  })
})
