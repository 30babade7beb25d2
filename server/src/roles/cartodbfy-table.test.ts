import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createAccount, createKey, runAs, table, testPassword } from '../../test/account.ts'
import { createInstallation, type TestInstallation } from '../../test/installation.ts'
import type { Account } from '../store/accounts.ts'
import type { ApiKey } from '../store/api-keys.ts'

let installation: TestInstallation
let account: Account
/** May create tables in `public`. */
let maker: ApiKey

const as = (role: string, ...statements: readonly string[]) =>
  runAs(installation, { ...account, role }, ...statements)

/** One connection for all: there are many statements. */
let owner: pg.Client

async function asOwner(...statements: readonly string[]): Promise<Record<string, unknown>[]> {
  let rows: Record<string, unknown>[] = []
  for (const statement of statements) rows = (await owner.query(statement)).rows
  return rows
}

beforeAll(async () => {
  installation = await createInstallation()
  account = await createAccount(installation)
  owner = new pg.Client({
    ...installation.address,
    ssl: false,
    database: account.database,
    user: account.ownerRole,
    password: testPassword,
  })
  await owner.connect()
  maker = await createKey(installation, account, {
    schemas: [{ name: 'public', permissions: ['create'] }],
  })
})

afterEach(() => asOwner('drop table if exists t'))
afterAll(async () => {
  await owner.end()
  await installation.close()
})

/** Columns with their types, in the order of their names. */
async function columnsOf(name: string): Promise<Record<string, unknown>> {
  const rows = await asOwner(
    `select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
     where attrelid = '${name}'::regclass and attnum > 0 and not attisdropped order by attname`,
  )
  return Object.fromEntries(rows.map((row) => [row.name, row.type]))
}

const standard = {
  cartodb_id: 'bigint',
  the_geom: 'geometry(Geometry,4326)',
  the_geom_webmercator: 'geometry(Geometry,3857)',
}

/** What a row says of its places, rounded to metres. */
const places = `select cartodb_id, st_astext(the_geom, 3) as place,
    st_srid(the_geom) as srid, round(st_x(st_centroid(the_geom_webmercator))) as x
  from t order by cartodb_id`

describe('CDB_CartodbfyTable', () => {
  it.each([
    "CDB_CartodbfyTable('t')",
    "cdb_cartodbfytable('t'::regclass)",
    "CDB_CartoDBFyTable('public', 't')",
    "CDB_CartodbfyTable('public', 't'::regclass)",
    "cartodb.cdb_cartodbfytable('public.t')",
    "CDB_CartodbfyTable(current_schema(), 't')",
  ])('%s gives a table all that is expected of it', async (call) => {
    await asOwner('create table t (name text)', "insert into t values ('a'), ('b')")
    expect(await asOwner(`select ${call}::text as name`)).toEqual([{ name: 't' }])
    expect(await columnsOf('t')).toEqual({ ...standard, name: 'text' })
    expect(
      await asOwner(`select indexdef from pg_indexes where tablename = 't' order by 1`),
    ).toEqual([
      { indexdef: expect.stringContaining('t_the_geom_idx ON public.t USING gist (the_geom)') },
      { indexdef: expect.stringContaining('USING gist (the_geom_webmercator)') },
      { indexdef: expect.stringContaining('UNIQUE INDEX t_pkey') },
    ])
    expect(await asOwner('insert into t default values returning cartodb_id::int')).toEqual([
      { cartodb_id: 3 },
    ])
    expect(await asOwner("select pg_get_serial_sequence('t', 'cartodb_id') as name")).toEqual([
      { name: 'public.t_cartodb_id_seq' },
    ])
  })

  it('changes nothing when it is called again', async () => {
    await asOwner(
      'create table t (geom geometry(Point, 25830))',
      "insert into t values ('SRID=25830;POINT(440000 4474000)')",
      "select CDB_CartodbfyTable('t')",
    )
    const state = `select c.relfilenode, array_agg(i.indexrelid order by 1) as indexes,
        (select array_agg(oid order by oid) from pg_trigger where tgrelid = c.oid) as triggers
      from pg_class c join pg_index i on i.indrelid = c.oid where c.oid = 't'::regclass group by c.oid`
    const before = await asOwner(state)
    const columns = await columnsOf('t')
    await asOwner("select CDB_CartodbfyTable('public', 't')")
    expect(await asOwner(state)).toEqual(before)
    expect(await columnsOf('t')).toEqual(columns)
  })

  it('keeps the_geom_webmercator in step, whatever is written', async () => {
    await asOwner('create table t ()', "select CDB_CartodbfyTable('t')")
    await asOwner(
      `insert into t (the_geom, the_geom_webmercator)
       values ('SRID=4326;POINT(10 50)', 'SRID=3857;POINT(0 0)')`,
    )
    expect(await asOwner(places)).toMatchObject([{ x: 1113195 }])
    await asOwner("update t set the_geom_webmercator = 'SRID=3857;POINT(0 0)'")
    expect(await asOwner(places)).toMatchObject([{ x: 1113195 }])
    await asOwner("update t set the_geom = 'SRID=4326;POINT(-20 -30)'")
    expect(await asOwner(places)).toMatchObject([{ x: -2226390 }])
    await asOwner('update t set the_geom = null')
    expect(await asOwner(places)).toMatchObject([{ x: null }])
  })

  it.each([
    ['POINT(0 86)', 'POINT(0 20037508)', 'ST_Point'],
    ['POINT(0 89.5)', null, null],
    ['POINT EMPTY', null, null],
    ['POINT(1e300 0)', null, null],
    ['LINESTRING(0 0, 0 90)', '', 'ST_LineString'],
    ['POLYGON((0 80, 10 80, 10 90, 0 90, 0 80))', '', 'ST_Polygon'],
    ['MULTIPOINT(0 0, 0 90)', '', 'ST_Point'],
    ['POLYGON((0 91, 10 91, 10 92, 0 91))', null, null],
    ['POLYGON((0 80, 10 95, 10 80, 0 95, 0 80))', '', 'ST_MultiPolygon'],
  ])('stores %s', async (wkt, _place, type) => {
    await asOwner('create table t ()', "select CDB_CartodbfyTable('t')")
    await asOwner(`insert into t (the_geom) values (st_geomfromtext('${wkt}', 4326))`)
    expect(
      await asOwner('select st_geometrytype(the_geom_webmercator) as type from t'),
    ).toMatchObject([
      {
        type: expect.toSatisfy((found) =>
          type === null ? found === null : String(found).endsWith(type.slice(3)),
        ),
      },
    ])
  })
})

describe('an existing cartodb_id', () => {
  const ids = async () =>
    (await asOwner('select cartodb_id::text as id from t order by cartodb_id')).map(({ id }) => id)

  it.each([
    ['serial', '(7), (9)', ['7', '9', '10']],
    ['integer', '(7), (9)', ['7', '9', '10']],
    ['bigint', '(-3), (-2)', ['-3', '-2', '1']],
    ['smallint', '(1), (2)', ['1', '2', '3']],
    ['integer primary key', '(4)', ['4', '5']],
    ['integer unique not null', '(4)', ['4', '5']],
    [
      'bigint generated always as identity (start 100)',
      '(default), (default)',
      ['100', '101', '102'],
    ],
    ['text', "('5'), ('-6')", ['-6', '5', '6']],
    ['numeric', '(12)', ['12', '13']],
  ])('%s that tells rows apart is kept', async (type, values, expected) => {
    await asOwner(
      `create table t (cartodb_id ${type})`,
      `insert into t values ${values}`,
      "select CDB_CartodbfyTable('t')",
      'insert into t default values',
    )
    expect(await ids()).toEqual(expected)
    expect(Object.keys(await columnsOf('t'))).not.toContain('cartodb_id_1')
    expect(
      await asOwner(
        "select indisprimary as is_primary from pg_index where indrelid = 't'::regclass and indisprimary",
      ),
    ).toHaveLength(1)
  })

  it.each([
    ['text', "('a'), ('b')", ['a', 'b']],
    ['text', "('1'), (null)", ['1', null]],
    ['text', "('1'), ('01')", ['1', '1']],
    ['integer', '(1), (1)', ['1', '1']],
    ['integer', '(1), (null)', ['1', null]],
    ['timestamptz', "('2020-01-01Z'), ('2021-01-01Z')", expect.any(Array)],
    ['double precision', '(1.5), (2)', ['1.5', '2']],
  ])('%s %s that does not is renamed, with all it holds', async (type, values, kept) => {
    await asOwner(
      'create table t (other text, cartodb_id_1 int)',
      `alter table t add column cartodb_id ${type}`,
      `insert into t (cartodb_id) values ${values}`,
      "select CDB_CartodbfyTable('t')",
    )
    expect(await ids()).toEqual(['1', '2'])
    const rows = await asOwner('select cartodb_id_2::text as kept from t order by cartodb_id')
    expect(rows.map((row) => row.kept)).toEqual(kept)
  })

  it('stands beside a primary key that the table has', async () => {
    await asOwner(
      'create table t (code text primary key)',
      "insert into t values ('x')",
      "select CDB_CartodbfyTable('t'); select CDB_CartodbfyTable('t')",
    )
    expect(
      await asOwner(
        `select pg_get_constraintdef(oid) as definition from pg_constraint
         where conrelid = 't'::regclass order by 1`,
      ),
    ).toEqual([{ definition: 'PRIMARY KEY (code)' }, { definition: 'UNIQUE (cartodb_id)' }])
  })
})

describe('an existing geometry', () => {
  const madrid = {
    place: expect.stringMatching(/^POINT\(-3\.70\d 40\.41\d\)$/),
    srid: 4326,
    x: -412,
  }

  it.each([
    ['geom geometry(Point, 25830)', "('SRID=25830;POINT(440000 4474000)')", 'Point'],
    ['wkb_geometry geometry', "('SRID=25830;POINT(440000 4474000)')", 'Geometry'],
    ['anything geometry(Point, 4326)', "('SRID=4326;POINT(-3.707 40.413)')", 'Point'],
    ['the_geom geometry', "('POINT(-3.707 40.413)')", 'Geometry'],
    ['the_geom geometry(Point, 3857)', "('SRID=3857;POINT(-412661 4926389)')", 'Point'],
    ['the_geom geography(Point, 4326)', "('POINT(-3.707 40.413)')", 'Geometry'],
    ['the_geom text', "('POINT(-3.707 40.413)')", 'Geometry'],
    ['the_geom text', "('SRID=25830;POINT(440000 4474000)')", 'Geometry'],
    ['the_geom varchar', `('{"type":"Point","coordinates":[-3.707,40.413]}')`, 'Geometry'],
    [
      'the_geom_webmercator geometry(Point, 3857)',
      "('SRID=3857;POINT(-412661 4926389)')",
      'Geometry',
    ],
  ])('%s becomes the_geom in degrees', async (column, value, type) => {
    await asOwner(
      `create table t (${column})`,
      `insert into t values ${value}`,
      "select CDB_CartodbfyTable('t')",
    )
    expect(await columnsOf('t')).toEqual({ ...standard, the_geom: `geometry(${type},4326)` })
    const [row] = await asOwner(places)
    expect(row).toMatchObject({ place: madrid.place, srid: 4326 })
    expect(Math.round(Number(row?.x) / 1000)).toBe(madrid.x - (Number(row?.x) < -412_500 ? 1 : 0))
  })

  it('may be in several projections at once', async () => {
    await asOwner(
      'create table t (n int, geom geometry)',
      `insert into t values (1, 'SRID=25830;POINT(440000 4474000)'), (2, 'SRID=4326;POINT(1 2)'),
         (3, null), (4, 'POINT(3 4)')`,
      "select CDB_CartodbfyTable('t')",
    )
    expect(await asOwner('select round(st_x(the_geom)) as x from t order by n')).toEqual([
      { x: -4 },
      { x: 1 },
      { x: null },
      { x: 3 },
    ])
  })

  it.each([
    ["('SRID=4326;POINT Z (1 2 3)')", 'GeometryZ'],
    ["('SRID=4326;POINT M (1 2 3)')", 'GeometryM'],
    ["('SRID=4326;POINT Z (1 2 3)'), ('SRID=4326;POINT(1 2)')", 'GeometryZ'],
    ["('SRID=4326;POINT Z (1 2 3)'), ('SRID=4326;POINT M (1 2 3)')", 'GeometryZM'],
  ])('keeps its dimensions: %s', async (values, type) => {
    await asOwner(
      'create table t (geom geometry)',
      `insert into t values ${values}`,
      "select CDB_CartodbfyTable('t')",
    )
    expect(await columnsOf('t')).toMatchObject({
      the_geom: `geometry(${type},4326)`,
      the_geom_webmercator: `geometry(${type},3857)`,
    })
  })

  it('that does not say its projection, and cannot be degrees, is refused in words', async () => {
    await asOwner(
      'create table t (geom geometry)',
      "insert into t values ('POINT(440000 4474000)')",
    )
    await expect(asOwner("select CDB_CartodbfyTable('t')")).rejects.toMatchObject({
      code: '22023',
      message: expect.stringContaining('projection'),
      hint: expect.stringContaining('ST_SetSRID'),
    })
    expect(await columnsOf('t')).toEqual({ geom: 'geometry' })
  })

  it.each([
    ['the_geom text', "('nowhere')", 'the_geom_1'],
    ['the_geom integer', '(1)', 'the_geom_1'],
    ['the_geom_webmercator text', "('x')", 'the_geom_webmercator_1'],
  ])('%s that holds none is renamed', async (column, value, renamed) => {
    await asOwner(
      `create table t (${column})`,
      `insert into t values ${value}`,
      "select CDB_CartodbfyTable('t')",
    )
    expect(await columnsOf('t')).toMatchObject({ ...standard, [renamed]: expect.any(String) })
    expect(await asOwner(`select count(${renamed})::int as kept from t`)).toEqual([{ kept: 1 }])
  })

  it('stays as it is where the_geom_webmercator is generated already', async () => {
    await asOwner(
      `create table t (cartodb_id bigint generated by default as identity primary key,
         the_geom geometry(Point, 4326),
         the_geom_webmercator geometry(Point, 3857) generated always as (
           st_transform(the_geom, 3857)) stored)`,
      "insert into t (the_geom) values ('SRID=4326;POINT(10 50)')",
      "select CDB_CartodbfyTable('t')",
    )
    expect(await asOwner(places)).toMatchObject([{ x: 1113195 }])
    expect(await columnsOf('t')).toMatchObject({ the_geom_webmercator: 'geometry(Point,3857)' })
  })
})

describe('who may, and what', () => {
  it('a key with create does it on its own table, and the owner on that of the key', async () => {
    await as(maker.role, 'create table t (geom geometry(Point, 4326))')
    await as(maker.role, "select cdb_cartodbfytable('t')")
    await as(maker.role, "insert into t (the_geom) values ('SRID=4326;POINT(10 50)')")
    await asOwner('drop table t')
    await as(maker.role, 'create table t (name text)')
    await asOwner("select cdb_cartodbfytable('t')")
    await as(maker.role, 'drop table t')
  })

  it('a key that may write to it writes, and keeps it in step, without owning it', async () => {
    await asOwner('create table t (name text)', "select CDB_CartodbfyTable('t')")
    const key = await createKey(installation, account, { tables: [table('t', 'insert', 'select')] })
    await as(key.role, "insert into t (the_geom) values ('SRID=4326;POINT(10 50)')")
    expect(await as(key.role, places)).toMatchObject([{ x: 1113195 }])
    await expect(as(key.role, "select CDB_CartodbfyTable('t')")).rejects.toMatchObject({
      code: '42501',
      message: 'must be owner of table public.t',
    })
    await expect(
      as(account.publicRole, "select CDB_CartodbfyTable('public', 't')"),
    ).rejects.toMatchObject({ code: '42501' })
  })

  it.each([
    ['a_view', '42809', 'create view a_view as select 1', 'drop view a_view'],
    ['cartodb.cdb_account', '42809', 'select 1', 'select 1'],
    ['pg_class', '42809', 'select 1', 'select 1'],
    ['nowhere', '42P01', 'select 1', 'select 1'],
    ['a"b', '42P01', 'select 1', 'select 1'],
    ['a.b.c.d', '42P01', 'select 1', 'select 1'],
  ])('refuses %s', async (name, code, before, after) => {
    await asOwner(before)
    await expect(asOwner(`select CDB_CartodbfyTable('${name}')`)).rejects.toMatchObject({ code })
    await asOwner(after)
  })

  it('takes names that have to be quoted, and schemas that are not searched', async () => {
    await asOwner(
      'create schema if not exists "My Schema"',
      `create table "My Schema"."My ""Table" ("geom" geometry)`,
      `select CDB_CartodbfyTable('My Schema', 'My "Table')`,
      'create table "T t" ()',
      "select CDB_CartodbfyTable('T t')",
      `select CDB_CartodbfyTable('"T t"')`,
    )
    expect(await columnsOf('"My Schema"."My ""Table"')).toEqual(standard)
    expect(await columnsOf('"T t"')).toEqual(standard)
    await expect(asOwner("select CDB_CartodbfyTable('My Schema', 'T t')")).rejects.toMatchObject({
      code: '42P01',
    })
    await asOwner('drop table "T t"; drop schema "My Schema" cascade')
  })

  it('is not led astray by what stands in public under the same names', async () => {
    await as(
      maker.role,
      'create table cdb_tablemetadata (tabname regclass primary key, updated_at timestamptz)',
      'create table cdb_account (name text, public_role name)',
      'create table geometry (x int)',
    )
    await asOwner('create table t ()', "select CDB_CartodbfyTable('t')")
    await asOwner("insert into t (the_geom) values ('SRID=4326;POINT(10 50)')")
    expect(await asOwner('select * from public.cdb_tablemetadata')).toEqual([])
    expect(await asOwner('select CDB_Username() as name')).toEqual([{ name: account.name }])
    await as(maker.role, 'drop table cdb_tablemetadata, cdb_account, geometry')
  })
})
