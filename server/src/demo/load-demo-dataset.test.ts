import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { quoteIdentifier, quoteLiteral } from '../store/quote-identifier.ts'
import { capitalsTable, loadDemoDataset, surveysTable } from './load-demo-dataset.ts'

const suffix = randomBytes(6).toString('hex')
const database = `demo_dataset_${suffix}`
const owner = `demo_owner_${suffix}`
const reader = `demo_reader_${suffix}`
const password = randomBytes(24).toString('base64url')

/** Connects to the test's database, or to another as the superuser. */
async function connect(as: Partial<pg.ClientConfig> = {}): Promise<pg.Client> {
  const client = new pg.Client({ ...inject('cluster'), database, ...as })
  await client.connect()
  return client
}

async function inCluster(...statements: readonly string[]): Promise<void> {
  const client = await connect({ database: 'postgres' })
  for (const statement of statements) await client.query(statement)
  await client.end()
}

beforeAll(async () => {
  const login = `login password ${quoteLiteral(password)}`
  await inCluster(
    `create role ${quoteIdentifier(owner)} ${login}`,
    `create role ${quoteIdentifier(reader)} ${login}`,
    `create database ${quoteIdentifier(database)} template template0 encoding 'UTF8'`,
    `alter database ${quoteIdentifier(database)} set search_path = public, postgis`,
  )
  const superuser = await connect()
  await superuser.query('create schema postgis')
  await superuser.query('create extension postgis schema postgis')
  await superuser.query('grant usage on schema postgis to public')
  await superuser.query(`alter schema public owner to ${quoteIdentifier(owner)}`)
  await superuser.end()
})

afterAll(async () => {
  await inCluster(
    `drop database if exists ${quoteIdentifier(database)} with (force)`,
    `drop role if exists ${quoteIdentifier(owner)}`,
    `drop role if exists ${quoteIdentifier(reader)}`,
  )
})

describe('the demo dataset', () => {
  let client: pg.Client

  beforeAll(async () => {
    client = await connect({ user: owner, password })
    await loadDemoDataset(client)
  })

  afterAll(async () => {
    await client.query('drop table if exists public.capitals, public.surveys')
    await client.end()
  })

  // What a test changes is gone before the next one.
  beforeEach(() => client.query('begin'))
  afterEach(() => client.query('rollback'))

  test('holds every capital at its place, and every survey by the capital it belongs to', async () => {
    const { rows: capitals } = await client.query(`
      select count(*)::integer as count, count(the_geom_webmercator)::integer as projected,
        bool_and(postgis.st_x(the_geom) = longitude and postgis.st_y(the_geom) = latitude) as placed,
        min(cartodb_id)::integer as first, max(cartodb_id)::integer as last
      from public.capitals`)
    expect(capitals).toEqual([{ count: 197, projected: 197, placed: true, first: 1, last: 197 }])

    const { rows: surveys } = await client.query(`
      select count(*)::integer as count,
        bool_and(postgis.st_dwithin(c.the_geom::postgis.geography, s.the_geom, 10000)) as near
      from public.surveys s join public.capitals c on c.cartodb_id = s.capital_id`)
    expect(surveys).toEqual([{ count: 25, near: true }])
  })

  test('is in the order of the file, with its letters', async () => {
    const { rows } = await client.query(
      `select cartodb_id::integer as id, name from public.capitals
       where cartodb_id in (1, 197) or iso_a2 in ('ST', 'MD') order by 1`,
    )
    expect(rows).toEqual([
      { id: 1, name: 'Kabul' },
      { id: expect.any(Number), name: 'Chișinău' },
      { id: expect.any(Number), name: 'São Tomé' },
      { id: 197, name: 'Harare' },
    ])
  })

  test.each([capitalsTable, surveysTable])(
    'nobody but the owner can read %s before a grant',
    async (table) => {
      const other = await connect({ user: reader, password })
      const reading = other.query(`select from public.${quoteIdentifier(table)}`)
      await expect(reading).rejects.toMatchObject({ code: '42501' })
      await other.end()
    },
  )

  test('a granted key reads capitals and still not surveys', async () => {
    await client.query(`grant select on public.capitals to ${quoteIdentifier(reader)}`)
    await client.query('commit')
    const other = await connect({ user: reader, password })
    expect((await other.query('select from public.capitals')).rowCount).toBe(197)
    await expect(other.query('select from public.surveys')).rejects.toMatchObject({ code: '42501' })
    await other.end()
    await client.query(`revoke all on public.capitals from ${quoteIdentifier(reader)}`)
  })

  test.each([
    [
      'capitals',
      `(name, country, iso_a2, population, longitude, latitude, the_geom)
      values ('Null Island', 'Nowhere', 'ZZ', 1, 0, 0, $1)`,
    ],
    ['surveys', `(capital_id, visited_on, note, the_geom) values (1, '2025-01-01', 'Dry.', $1)`],
  ])('in %s the_geom_webmercator follows the_geom on insert and on update', async (table, row) => {
    const inStep = `round(postgis.st_x(the_geom_webmercator)) as x,
      round(postgis.st_y(the_geom_webmercator)) as y, cartodb_id as id`
    const inserted = await client.query(`insert into public.${table} ${row} returning ${inStep}`, [
      'SRID=4326;POINT(10 50)',
    ])
    expect(inserted.rows).toMatchObject([{ x: 1113195, y: 6446276 }])

    const updated = await client.query(
      `update public.${table} set the_geom = $1 where cartodb_id = $2 returning ${inStep}`,
      ['SRID=4326;POINT(-20 -30)', inserted.rows[0].id],
    )
    expect(updated.rows).toMatchObject([{ x: -2226390, y: -3503550 }])
  })

  test.each([
    'insert into public.surveys (capital_id, visited_on, note, the_geom_webmercator) values (1, now(), $$$$, $1)',
    'update public.capitals set the_geom_webmercator = $1',
  ])('nobody can write the_geom_webmercator: %s', async (statement) => {
    const writing = client.query(statement, ['SRID=3857;POINT(0 0)'])
    await expect(writing).rejects.toMatchObject({ code: '428C9' })
  })

  test.each([
    ['POINT(0 86)', true],
    ['POINT(0 -89)', true],
    ['POINT(0 90)', false],
    ['POINT(0 -90)', false],
    ['POINT(0 95)', false],
    ['POINT EMPTY', false],
  ])(
    '%s can be stored, whether Web Mercator has a place for it (%s) or not',
    async (point, placed) => {
      const { rows } = await client.query(
        `update public.capitals set the_geom = postgis.st_geomfromtext($1, 4326) where iso_a2 = 'NO'
       returning the_geom_webmercator is not null as placed`,
        [point],
      )
      expect(rows).toEqual([{ placed }])
    },
  )

  test.each([
    ['capitals', 'the_geom', 4326],
    ['capitals', 'the_geom_webmercator', 3857],
    ['surveys', 'the_geom', 4326],
    ['surveys', 'the_geom_webmercator', 3857],
  ])('a bounding box on %s.%s uses the index', async (table, column, srid) => {
    // The tables are small: without this, reading all of one is cheapest.
    await client.query('set local enable_seqscan = off')
    const { rows } = await client.query(
      `explain select from public.${table}
       where ${column} operator(postgis.&&) postgis.st_makeenvelope(0, 0, 9, 9, ${srid})`,
    )
    expect(JSON.stringify(rows)).toContain(`${table}_${column}`)
  })

  test('the planner knows the tables from the start', async () => {
    const { rows } = await client.query(
      `select relname, reltuples from pg_catalog.pg_class
       where oid in ('public.capitals'::regclass, 'public.surveys'::regclass) order by 1`,
    )
    expect(rows).toEqual([
      { relname: 'capitals', reltuples: 197 },
      { relname: 'surveys', reltuples: 25 },
    ])
  })
})

describe('a load that fails', () => {
  let client: pg.Client

  beforeAll(async () => {
    client = await connect({ user: owner, password })
  })

  afterAll(() => client.end())

  test('leaves nothing, and the connection in order', async () => {
    // The last table of the two: by then everything else has been done.
    await client.query('create table public.surveys (mine text)')
    await expect(loadDemoDataset(client)).rejects.toMatchObject({ code: '42P07' })

    const { rows } = await client.query(
      `select relname from pg_catalog.pg_class
       where relnamespace = 'public'::regnamespace order by 1`,
    )
    expect(rows).toEqual([{ relname: 'surveys' }])
    expect((await client.query('show search_path')).rows).toEqual([
      { search_path: 'public, postgis' },
    ])

    await client.query('drop table public.surveys')
    await expect(loadDemoDataset(client)).resolves.toBeUndefined()
    await client.query('drop table public.capitals, public.surveys')
  })
})

test('an operator that the account has made does not stand in for the one that is meant', async () => {
  const client = await connect({ user: owner, password })
  await client.query(`
    create function public.never(double precision, integer) returns boolean
      language sql immutable as 'select false';
    create operator public.>= (
      leftarg = double precision, rightarg = integer, function = public.never)`)
  await loadDemoDataset(client)
  const { rows } = await client.query(
    'select count(the_geom_webmercator)::integer as projected from public.capitals',
  )
  expect(rows).toEqual([{ projected: 197 }])
  await client.end()
})
