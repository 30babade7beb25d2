import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { holdTable } from './support/hold-table.ts'
import { findPublicRole, runAsOwner } from './support/populate-account.ts'
import { type AccountCredentials, type Postern, startPostern } from './support/postern.ts'
import { namesInZip, readGeofile } from './support/read-geofile.ts'
import { basic, createKey, deleteKey } from './support/requests.ts'

// Formats that ogr2ogr writes. The set-up of the tests brings it where it is missing.

let postern: Postern
let owner: AccountCredentials

beforeAll(async () => {
  postern = await startPostern({ POSTERN_MAX_RESULT_BYTES: String(24 * 1024 * 1024) })
  owner = await postern.createAccount('owner')
  const publicRole = await findPublicRole(postern, owner)
  for (const statement of [
    `create table trees (cartodb_id serial primary key, the_geom geometry(Point, 4326),
       name text, height numeric, planted date, seen timestamptz, alive boolean,
       the_geom_webmercator geometry(Point, 3857))`,
    `insert into trees (the_geom, name, height, planted, seen, alive) values
       (st_point(1, 2, 4326), 'Élm', 1.25, '2020-01-02', '2026-01-02 03:04:05+00', true),
       (st_point(3, 4, 4326), '', null, null, null, false),
       (null, null, -7, '1999-12-31', null, null)`,
    `grant select on trees to "${publicRole}"`,
    'create table closed (id int)',
  ]) {
    await runAsOwner(postern, owner, statement)
  }
})
afterAll(() => postern.stop())

type Export = { readonly status: number; readonly headers: Headers; readonly body: Buffer }

async function exportOf(
  q: string,
  format: string,
  options: { token?: string; parameters?: Record<string, string> } = {},
): Promise<Export> {
  const { token, parameters = {} } = options
  const response = await fetch(`${postern.url}/user/owner/api/v2/sql`, {
    method: 'POST',
    headers: token === undefined ? {} : basic('owner', token),
    body: new URLSearchParams({ q, format, ...parameters }),
  })
  const body = Buffer.from(await response.arrayBuffer())
  return { status: response.status, headers: response.headers, body }
}

const asMaster = (q: string, format: string, parameters: Record<string, string> = {}) =>
  exportOf(q, format, { token: owner.master_key, parameters })

const errorOf = ({ status, body }: Export) => [status, JSON.parse(body.toString())]

/** What is in the directory where exports are made; that there is none is fine as well. */
function exportDirectories(): string[] {
  try {
    return readdirSync(join(postern.dataDir, 'exports'))
  } catch {
    return []
  }
}

/** The running children of the server that are ogr2ogr. */
function converters(): number[] {
  const children = readdirSync(`/proc/${postern.pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${postern.pid}/task/${task}/children`, 'utf8').split(' '),
  )
  return children
    .filter((pid) => pid !== '' && /^[^\0]*\/ogr2ogr\0/.test(commandLine(pid)))
    .map(Number)
}

function commandLine(pid: string | number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

/** Waits until a converter runs, and holds it still: it is not done before somebody ends it. */
async function untilConverting(): Promise<number> {
  await expect.poll(converters, { interval: 5 }).not.toEqual([])
  const [pid = 0] = converters()
  process.kill(pid, 'SIGSTOP')
  return pid
}
const untilNothingIsLeft = async () => {
  await expect.poll(converters).toEqual([])
  await expect.poll(exportDirectories).toEqual([])
}

describe('files', () => {
  const columns = ['cartodb_id', 'name', 'height', 'planted', 'seen', 'alive']

  test.each([
    ['gpkg', 'application/x-sqlite3; charset=utf-8', 'gpkg'],
    ['spatialite', 'application/x-sqlite3; charset=utf-8', 'sqlite'],
    ['shp', 'application/zip; charset=utf-8', 'zip'],
    ['kml', 'application/kml; charset=utf-8', 'kml'],
  ])('%s holds the rows, for anybody who may read them [61]', async (format, type, extension) => {
    const q = 'select * from trees order by cartodb_id'
    const answer = await exportOf(q, format, { parameters: { filename: 'my trees.x' } })
    expect(answer.status, answer.body.toString('utf8', 0, 500)).toBe(200)
    expect(answer.headers.get('content-type')).toBe(type)
    expect(answer.headers.get('content-disposition')).toMatch(
      new RegExp(`^attachment; filename=my_trees\\.${extension}; `),
    )
    expect(answer.headers.get('content-length')).toBe(String(answer.body.length))
    const text = await readGeofile(answer.body, extension)
    expect(text).toContain('Layer name: my_trees')
    expect(text).toContain('Feature Count: 3')
    expect(text).toContain('POINT')
    expect(text).toContain('Élm')
    expect(text).not.toContain('webmercator')
    // KML has the column `name` as the name of its features.
    for (const column of columns) expect(text.toLowerCase()).toContain(column)
    expect(exportDirectories()).toEqual([])
  })

  test('a GeoPackage keeps types, nulls, and the identifier', async () => {
    const { body } = await asMaster('select * from trees order by 1', 'gpkg')
    const text = await readGeofile(body, 'gpkg')
    for (const line of [
      'Geometry: Point',
      'FID Column = cartodb_id',
      'Geometry Column = the_geom',
      'name: String (0.0)',
      'height: Real (0.0)',
      'planted: Date (0.0)',
      'seen: DateTime (0.0)',
      'alive: Integer(Boolean) (0.0)',
      'OGRFeature(cartodb-query):1',
      '  height (Real) = 1.25',
      '  planted (Date) = 2020/01/02',
      '  seen (DateTime) = 2026/01/02 03:04:05+00',
      '  alive (Integer(Boolean)) = 1',
      '  POINT (1 2)',
      '  name (String) = \n',
      '  name (String) = (null)',
      'ID["EPSG",4326]',
    ]) {
      expect(text).toContain(line)
    }
  })

  test('a zip holds a shapefile under the name that was asked for', async () => {
    const { body } = await asMaster('select * from trees', 'shp', { filename: '../etc/x y.zip' })
    expect(namesInZip(body).sort()).toEqual(
      ['cpg', 'dbf', 'prj', 'shp', 'shx'].map((extension) => `__etc_x_y.${extension}`),
    )
  })

  test('columns may be called anything', async () => {
    const name = `a "b" <c>&'d' -- ]]> ; e`
    const q = `select 1 as "${name.replaceAll('"', '""')}", 'x' as "é", st_point(1, 2, 4326) as g`
    const text = await readGeofile((await asMaster(q, 'gpkg')).body, 'gpkg')
    expect(text).toContain(`${name}: Integer (0.0)`)
    expect(text).toContain('é (String) = x')
    expect(text).toContain('Geometry Column = g')
  })

  test('geometries keep their dimensions and their spatial reference', async () => {
    const text = await readGeofile(
      (
        await asMaster(
          "select 'SRID=3857;LINESTRING ZM (1 2 3 4, 5 6 7 8)'::geometry as the_geom",
          'gpkg',
        )
      ).body,
      'gpkg',
    )
    expect(text).toContain('LINESTRING ZM (1 2 3 4,5 6 7 8)')
    expect(text).toContain('ID["EPSG",3857]')
    const mixed = await asMaster(
      `select st_point(1, 2, 4326) as the_geom union all select st_point(1, 2, 3857)`,
      'gpkg',
    )
    expect(errorOf(mixed)).toEqual([
      400,
      { error: ['The geometries of the result are in several spatial reference systems.'] },
    ])
  })

  test('fields can be skipped, and rows without geometry are rows', async () => {
    const { body } = await asMaster('select * from trees', 'gpkg', {
      skipfields: 'the_geom,height,seen',
    })
    const text = await readGeofile(body, 'gpkg')
    expect(text).toContain('Geometry: None')
    expect(text).not.toContain('height')
    expect(text).toContain('Feature Count: 3')
  })
})

describe('refusals', () => {
  test('are those of the statement, in the words of PostgreSQL', async () => {
    expect(errorOf(await exportOf('select * from closed', 'shp'))).toEqual([
      403,
      { error: ['permission denied for table closed'] },
    ])
    expect(errorOf(await exportOf('select * from pg_class', 'gpkg'))).toEqual([
      403,
      { error: ['system tables are forbidden'] },
    ])
    expect(errorOf(await asMaster('select 1/0', 'kml'))).toEqual([
      400,
      { error: ['division by zero'] },
    ])
    expect(errorOf(await asMaster('delete from trees returning *', 'shp'))).toEqual([
      400,
      { error: ['format=shp needs a single SELECT that only reads.'] },
    ])
    expect(exportDirectories()).toEqual([])
  })

  test('are clear where a format cannot hold the rows, and tell nothing of our files', async () => {
    const answer = await asMaster(
      'select st_point(1, 2, 4326) as the_geom union all select st_multi(st_point(1, 2, 4326))',
      'shp',
    )
    const [status, body] = errorOf(answer)
    expect(status).toBe(400)
    expect(body.error[0]).toMatch(/^The result cannot be written in this format: .*geometry/)
    expect(answer.body.toString()).not.toContain(postern.dataDir)
  })

  test('come when an account makes too many at a time', async () => {
    // Those that are under way wait for a table that somebody holds.
    const letGo = await holdTable(postern, owner, 'trees')
    const all = Array.from({ length: 4 }, () => asMaster('select * from trees', 'gpkg'))
    expect(await Promise.race(all)).toMatchObject({ status: 503 })
    await letGo()
    const refused = (await Promise.all(all)).filter(({ status }) => status !== 200)
    expect(refused.map(errorOf)).toEqual([
      [503, { error: ['Too many exports are being made right now. Try again in a moment.'] }],
    ])
    expect((await asMaster('select 1 as a', 'gpkg')).status).toBe(200)
  })

  test('come when a file grows too large', async () => {
    // Every text takes 254 bytes in a shapefile, however short it is.
    const columns = Array.from({ length: 40 }, (_, index) => `'x' || i as t${index}`)
    const answer = await asMaster(
      `select ${columns.join(', ')} from generate_series(1, 25000) as i`,
      'shp',
    )
    expect(errorOf(answer)).toEqual([
      400,
      { error: [expect.stringMatching(/^The result is larger than \d+ bytes\. Ask for less\.$/)] },
    ])
    expect(exportDirectories()).toEqual([])
    expect(converters()).toEqual([])
  })
})

const manyRows =
  "select i as id, 'n' || i as name, st_point(i % 180, i % 90, 4326) as the_geom from generate_series(1, 100000) as i"

describe('an export under way', () => {
  test('knows no secret, and ends with its credential', async () => {
    const key = await createKey(postern, owner, { name: 'exporter' })
    const answer = exportOf(manyRows, 'shp', { token: key.token }).then(
      ({ status }) => status,
      () => 'broken off',
    )
    const pid = await untilConverting()
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8')
    expect(environment.split('\0').map((entry) => entry.split('=')[0])).not.toContain('PGPASSWORD')
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const [, ...users] = /^Uid:\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)$/m.exec(status) ?? []
    const own = process.getuid?.() ?? 0
    // Root's converters are nobody's.
    expect(users).toEqual(Array(4).fill(String(own === 0 ? 65_534 : own)))
    for (const text of [environment, commandLine(pid)]) {
      expect(text).not.toContain(key.token)
      expect(text).not.toContain('generate_series')
      expect(text).not.toMatch(/password|postgres/i)
    }
    await deleteKey(postern, owner, 'exporter')
    expect([401, 'broken off']).toContain(await answer)
    await untilNothingIsLeft()
  })

  test('ends when its client leaves', async () => {
    const controller = new AbortController()
    const answer = fetch(`${postern.url}/user/owner/api/v2/sql`, {
      method: 'POST',
      headers: basic('owner', owner.master_key),
      body: new URLSearchParams({ q: manyRows, format: 'kml' }),
      signal: controller.signal,
    })
    const left = expect(answer).rejects.toThrow()
    await untilConverting()
    controller.abort()
    await left
    await untilNothingIsLeft()
  })

  test('that a crash has cut off leaves nothing after the next start', async () => {
    const answer = asMaster(manyRows, 'gpkg').catch(() => 'cut off')
    const pid = await untilConverting()
    await postern.kill('SIGKILL')
    process.kill(pid, 'SIGCONT')
    expect(await answer).toBe('cut off')
    expect(exportDirectories()).toHaveLength(1)
    await postern.restart()
    expect(exportDirectories()).toEqual([])
    expect((await asMaster('select 1 as a', 'gpkg')).status).toBe(200)
  })
})
