import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type GdalAccount, runGdal } from '../support/gdal.ts'
import { findPublicRole, runAsOwner } from '../support/populate-account.ts'
import { type AccountCredentials, type Postern, startPostern } from '../support/postern.ts'
import { createKey } from '../support/requests.ts'

// GDAL's CARTO driver as Debian ships it, with nothing but the address changed.

let postern: Postern
let alice: AccountCredentials
let directory: string
let master: GdalAccount
let reader: GdalAccount
let writer: GdalAccount
let creator: GdalAccount
let nobody: GdalAccount

/** More than the 500 that the driver asks for at a time. */
const rowCount = 1_203

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'postern-gdal-'))
  postern = await startPostern()
  alice = await postern.createAccount('alice')
  for (const statement of [
    `create table trees (
       cartodb_id serial primary key, name text, height float8, age int, planted date,
       the_geom geometry(Point, 4326))`,
    `insert into trees (name, height, age, planted, the_geom)
     select 'tree ' || n, n + 0.5, n, date '2000-01-01' + n,
       st_setsrid(st_makepoint(n / 100.0, n / 50.0), 4326)
     from generate_series(1, ${rowCount}) as n`,
    'create table open_trees (cartodb_id serial primary key, the_geom geometry(Point, 4326))',
    'insert into open_trees (the_geom) select the_geom from trees limit 2',
    `grant select on open_trees to "${await findPublicRole(postern, alice)}"`,
  ]) {
    await runAsOwner(postern, alice, statement)
  }
  const keyWith = async (grants: Parameters<typeof createKey>[2]): Promise<GdalAccount> => {
    const key = await createKey(postern, alice, { apis: ['sql'], ...grants })
    return { baseUrl: alice.base_url, key: key.token }
  }
  const everyVerb = ['select', 'insert', 'update', 'delete']
  master = { baseUrl: alice.base_url, key: alice.master_key }
  nobody = { baseUrl: alice.base_url, key: undefined }
  reader = await keyWith({ tables: [{ name: 'trees', permissions: ['select'] }] })
  writer = await keyWith({ tables: [{ name: 'trees', permissions: everyVerb }] })
  creator = await keyWith({ create: ['public'] })
})
afterAll(async () => {
  await rm(directory, { recursive: true, force: true })
  await postern.stop()
})

async function info(account: GdalAccount, ...args: string[]): Promise<string> {
  const finished = await runGdal('ogrinfo', account, ['-ro', 'CARTO:alice', ...args])
  expect(finished.code, finished.stderr).toBe(0)
  return finished.stdout
}

/** The names of the layers that are listed. */
const layersOf = (listing: string) =>
  [...listing.matchAll(/^\d+: (\S+)/gm)].map(([, name]) => name).sort()

/** What is converted, as GeoJSON features. */
async function features(account: GdalAccount, ...args: string[]) {
  const finished = await runGdal('ogr2ogr', account, [
    '-f',
    'GeoJSON',
    '/vsistdout/',
    'CARTO:alice',
    ...args,
  ])
  expect(finished.code, finished.stderr).toBe(0)
  return (
    JSON.parse(finished.stdout) as {
      features: { properties: Record<string, unknown>; geometry: { coordinates: number[] } }[]
    }
  ).features
}

describe('lists the layers that may be read', () => {
  test('with the master key', async () => {
    expect(layersOf(await info(master))).toEqual(['open_trees', 'trees'])
  })

  test('with a regular key', async () => {
    expect(layersOf(await info(reader))).toEqual(['open_trees', 'trees'])
  })

  test('without a key', async () => {
    expect(layersOf(await info(nobody))).toEqual(['open_trees'])
  })
})

describe('describes a layer', () => {
  test('to the master key with every type', async () => {
    const described = await info(master, '-so', 'trees')
    for (const line of [
      'Geometry: Point',
      `Feature Count: ${rowCount}`,
      'Extent: (0.010000, 0.020000) - (12.030000, 24.060000)',
      'FID Column = cartodb_id',
      'height: Real (0.0)',
      'age: Integer (0.0)',
      'planted: Date (0.0)',
    ]) {
      expect(described).toContain(line)
    }
    expect(described).toContain('ID["EPSG",4326]]')
  })

  test.each([
    ['a regular key', () => reader, 'trees'],
    ['nobody', () => nobody, 'open_trees'],
  ])('to %s by what its rows tell, projection included', async (_, account, layer) => {
    const described = await info(account(), '-so', layer)
    expect(described).toContain('FID Column = cartodb_id')
    expect(described).toContain('ID["EPSG",4326]]')
  })
})

describe('reads', () => {
  test('every feature of a layer that is longer than a page', async () => {
    for (const account of [master, reader]) {
      const found = await features(account, 'trees')
      expect(found).toHaveLength(rowCount)
      expect(found.at(-1)).toMatchObject({
        properties: { name: 'tree 1203', height: 1203.5, age: 1203 },
        geometry: { coordinates: [12.03, 24.06] },
      })
    }
  })

  test('what is public, without a key', async () => {
    expect(await features(nobody, 'open_trees')).toHaveLength(2)
  })

  test('what a condition, a box or a statement asks for', async () => {
    expect(await features(reader, 'trees', '-where', "name like '%e 12' and age > 1")).toHaveLength(
      1,
    )
    expect(await features(reader, 'trees', '-spat', '0', '0', '0.105', '1')).toHaveLength(10)
    // The driver escapes next to nothing: percent signs and quotes arrive as they are.
    const found = await features(
      reader,
      '-sql',
      "select name || ' 100% & é' as name, the_geom from trees where age <= 3 order by age",
    )
    // It keeps the row that it looked at for the columns, and reads it again with the others.
    expect([...new Set(found.map(({ properties }) => properties.name))]).toEqual([
      'tree 1 100% & é',
      'tree 2 100% & é',
      'tree 3 100% & é',
    ])
  })

  test('into a GeoPackage', async () => {
    const file = join(directory, 'trees.gpkg')
    const converted = await runGdal('ogr2ogr', reader, [file, 'CARTO:alice', 'trees'])
    expect(converted.code, converted.stderr).toBe(0)
    const { stdout } = await runGdal('ogrinfo', nobody, ['-so', file, 'trees'])
    expect(stdout).toContain(`Feature Count: ${rowCount}`)
    expect(stdout).toContain('ID["EPSG",4326]]')
  })
})

describe('writes', () => {
  /** What an upload has to bring through: every type, nothing, and what each format has to escape. */
  const uploaded = [
    { name: 'oak', height: 1.5, age: 3, planted: '2020-01-02', point: [1.25, 2.5] },
    { name: `tab\t back\\slash "q" 'x' & 100% \\. é`, height: -0.1, age: 0, point: [-180, 90] },
    { name: null, height: null, age: null, planted: null, point: null },
  ]
  let source: string
  beforeAll(async () => {
    source = join(directory, 'source.geojson')
    const collection = {
      type: 'FeatureCollection',
      features: uploaded.map(({ point, ...properties }) => ({
        type: 'Feature',
        properties,
        geometry: point === null ? null : { type: 'Point', coordinates: point },
      })),
    }
    await writeFile(source, JSON.stringify(collection))
  })

  async function convert(account: GdalAccount, ...args: string[]): Promise<void> {
    const finished = await runGdal('ogr2ogr', account, [
      '-f',
      'CARTO',
      'CARTO:alice',
      source,
      ...args,
    ])
    expect(finished.code, finished.stderr).toBe(0)
  }

  const storedIn = (table: string) =>
    runAsOwner(
      postern,
      alice,
      `select name, height, age, planted::text as planted,
         case when the_geom is null then null else array[st_x(the_geom), st_y(the_geom)] end as point
       from ${table} order by cartodb_id`,
    )
  const expected = uploaded.map((feature) => ({ ...feature, planted: feature.planted ?? null }))

  const modes: readonly (readonly [name: string, options: readonly string[]])[] = [
    ['by COPY', []],
    ['by INSERT of many rows', ['-doo', 'COPY_MODE=NO']],
    ['by INSERT of single rows', ['-doo', 'COPY_MODE=NO', '-doo', 'BATCH_INSERT=NO']],
  ]

  describe.each(modes)('%s', (mode, options) => {
    test.each([
      ['the master key', 'by_master', () => master],
      ['a key that may create', 'by_key', () => creator],
    ])('with %s: a new layer, appended to, written anew', async (_, prefix, account) => {
      const table = `${prefix}_${modes.findIndex(([name]) => name === mode)}`
      await convert(account(), '-update', '-nln', table, ...options)
      expect(await storedIn(table)).toEqual(expected)
      await convert(account(), '-append', '-nln', table, ...options)
      expect(await storedIn(table)).toEqual([...expected, ...expected])
      await convert(account(), '-overwrite', '-nln', table, ...options)
      expect(await storedIn(table)).toEqual(expected)
      // It is a dataset now: it shows in lists, and on maps.
      expect(layersOf(await info(account()))).toContain(table)
      const [row] = await runAsOwner(
        postern,
        alice,
        `select st_srid(the_geom_webmercator) as srid from ${table} where the_geom is not null`,
      )
      expect(row).toEqual({ srid: 3857 })
    })
  })

  test('appends with a key that may do no more than that', async () => {
    const inserter = await createKey(postern, alice, {
      apis: ['sql'],
      tables: [{ name: 'trees', permissions: ['select', 'insert'] }],
    })
    await convert(
      { baseUrl: alice.base_url, key: inserter.token },
      '-append',
      '-nln',
      'trees',
      '-sql',
      'select name, height, age, planted from source where age = 3',
    )
    const [row] = await runAsOwner(postern, alice, "select age from trees where name = 'oak'")
    expect(row).toEqual({ age: 3 })
    await runAsOwner(postern, alice, "delete from trees where name = 'oak'")
  })

  test('changes rows, and deletes a layer', async () => {
    await runAsOwner(postern, alice, 'create table to_go (cartodb_id serial primary key, n int)')
    const run = (q: string) => runGdal('ogrinfo', master, ['CARTO:alice', '-sql', q])
    expect((await run("update trees set name = 'felled' where age = 7")).stderr).toBe('')
    expect(await runAsOwner(postern, alice, 'select name from trees where age = 7')).toEqual([
      { name: 'felled' },
    ])
    expect((await run('DELLAYER:to_go')).stderr).toBe('')
    expect(layersOf(await info(master))).not.toContain('to_go')
  })

  test('not what a key may not write, and says so', async () => {
    const append = await runGdal('ogr2ogr', reader, [
      ...['-f', 'CARTO', '-append', 'CARTO:alice', source, '-nln', 'trees'],
    ])
    expect(append.stderr).toContain('Error returned by server : permission denied for table trees')
    const create = await runGdal('ogr2ogr', reader, [
      ...['-f', 'CARTO', '-update', 'CARTO:alice', source, '-nln', 'not_allowed'],
    ])
    expect(create.code).not.toBe(0)
    expect(create.stderr).toContain('Error returned by server : With a key that may change nothing')
    const [row] = await runAsOwner(postern, alice, 'select count(*) as count from trees')
    expect(row).toEqual({ count: rowCount })
  })
})

describe('tells in words', () => {
  test('that a key is wrong', async () => {
    const { code, stderr } = await runGdal('ogrinfo', { ...reader, key: 'wrong' }, [
      '-ro',
      'CARTO:alice',
    ])
    expect(code).not.toBe(0)
    expect(stderr).toContain('Error returned by server : Unauthorized')
  })

  test.each([
    ['a key', () => writer, 'hidden_trees'],
    ['nobody', () => nobody, 'trees'],
  ])('that a table was not granted to %s', async (_, account, table) => {
    await runAsOwner(postern, alice, 'create table if not exists hidden_trees (n int)')
    const { stderr } = await runGdal('ogrinfo', account(), [
      '-ro',
      'CARTO:alice',
      '-sql',
      `select * from ${table}`,
    ])
    expect(stderr).toContain(`Error returned by server : permission denied for table ${table}`)
  })
})
