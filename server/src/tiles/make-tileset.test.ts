import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createTestWarehouse,
  rolePassword,
  type TestWarehouse,
} from '../../test/warehouse-database.ts'
import { loadStatementParser } from '../policy/statement-parser.ts'
import { createWarehouse, type Warehouse } from '../warehouse/run-statement.ts'
import { createSessions, type Sessions } from '../warehouse/sessions.ts'
import type { TilesetProgress } from './build-tileset.ts'
import { makeTileset, type TilesetDefinition } from './make-tileset.ts'

let database: TestWarehouse
let sessions: Sessions
let warehouse: Warehouse
let role: string

beforeAll(async () => {
  await loadStatementParser()
  database = await createTestWarehouse()
  role = await database.createRole('superuser')
  for (const statement of [
    'create schema postgis',
    'create extension postgis schema postgis',
    // A crowd in one place, and one alone in another.
    `create table points (id int, geom postgis.geometry(Point, 4326))`,
    `insert into points select i, postgis.st_point(2.3 + i % 20 / 1000.0, 48.8 + i / 20 / 1000.0, 4326)
     from generate_series(1, 400) as i`,
    `insert into points values (1000, postgis.st_point(-70, -30, 4326))`,
    'create index on points using gist (geom)',
    `create table areas (id int, geom postgis.geometry(Polygon, 4326))`,
    // One that no pixel shows at low zooms, and one that does.
    `insert into areas values (1, postgis.st_makeenvelope(10, 10, 10.001, 10.001, 4326)),
       (2, postgis.st_makeenvelope(20, 20, 30, 30, 4326))`,
    'create table no_tileset (z int)',
  ]) {
    await database.superuser.query(statement)
  }
  const { host, port, ssl } = database.addressOf(role)
  sessions = createSessions({
    host,
    port,
    ssl,
    maxPerRole: 4,
    maxTotal: 10,
    maxPerServer: 10,
    addressOf: async () => {
      throw new Error('Nobody should have asked for another server.')
    },
    idleTimeoutMs: 60_000,
    acquireTimeoutMs: 10_000,
    statementTimeoutMs: 60_000,
    passwordOf: async () => rolePassword,
    restorePassword: async () => {},
    observe: () => {},
  })
  warehouse = createWarehouse({ sessions, terminate: async () => {}, observe: () => {} })
})
afterAll(async () => {
  sessions.close()
  await database.close()
})

const definition: TilesetDefinition = {
  target: { schema: 'public', name: 'made' },
  source: { kind: 'table', table: { schema: 'public', name: 'points' } },
  minZoom: 2,
  maxZoom: 8,
  drop: 'sample',
  maxFeatures: 100,
}

async function make(
  changes: Partial<TilesetDefinition> = {},
  told: (progress: TilesetProgress) => Promise<void> = async () => {},
): Promise<void> {
  await makeTileset({
    warehouse,
    key: { database: database.addressOf(role).database, role },
    definition: { ...definition, ...changes },
    deadlineMs: 60_000,
    signal: new AbortController().signal as never,
    told,
  })
}

type Row = { readonly z: number; readonly x: number; readonly y: number; readonly data: Buffer }

async function tilesOf(name: string): Promise<Row[]> {
  const { rows } = await database.superuser.query<Row>(
    `select z, x, y, data from ${name} where z >= 0 order by z, x, y`,
  )
  return rows
}

async function factsOf(name: string): Promise<unknown> {
  const { rows } = await database.superuser.query<{ facts: string }>(
    `select convert_from(data, 'UTF8') as facts from ${name} where z = -1`,
  )
  return JSON.parse(rows[0]?.facts ?? 'null')
}

/** How many features of a layer with one feature per row there are, by the tags in front of each. */
async function countIn({ data }: Row): Promise<number> {
  const bytes = gunzipSync(data)
  let count = 0
  // Field 2 of the layer, which is field 3 of the tile; lengths below 128 are one byte.
  for (let at = 0; at < bytes.length; at += 1)
    if (bytes[at] === 0x18 && bytes[at + 1] === 1) count += 1
  return count
}

describe('a tileset', () => {
  it('holds the tiles that something lies in, and what is known of them', async () => {
    const progress: TilesetProgress[] = []
    await make({}, async (step) => {
      progress.push(step)
    })
    const tiles = await tilesOf('made')
    expect(new Set(tiles.map(({ z }) => z))).toEqual(new Set([2, 3, 4, 5, 6, 7, 8]))
    // The crowd and the one alone: two tiles a zoom, where the crowd lies on no border.
    expect(tiles.length).toBeGreaterThanOrEqual(14)
    expect(tiles.length).toBeLessThan(25)
    expect(await factsOf('made')).toEqual({
      minzoom: 2,
      maxzoom: 8,
      bounds: [-70, -30, 2.319, 48.82],
      fields: { id: 'number' },
    })
    expect(progress.at(-1)).toMatchObject({ zoom: 8, share: 1, tiles: tiles.length })
    // Sampled: no tile holds more than it may, and a thin one holds all.
    for (const tile of tiles) expect(await countIn(tile)).toBeLessThanOrEqual(100)
    const counts = await Promise.all(tiles.filter(({ z }) => z === 2).map(countIn))
    expect(counts.sort((a, b) => a - b)[0]).toBe(1)
    const { rows } = await database.superuser.query(
      `select from pg_class where relname like '\\_postern%' and relkind = 'r'`,
    )
    expect(rows).toEqual([])
  })

  it('takes the place of the one before in the same table', async () => {
    const { rows: before } = await database.superuser.query(`select 'made'::regclass::oid as oid`)
    await make({
      source: { kind: 'query', text: 'select id, geom from points where id = 1000' },
      minZoom: 0,
      maxZoom: 3,
    })
    const tiles = await tilesOf('made')
    expect(tiles.map(({ z }) => z)).toEqual([0, 1, 2, 3])
    const { rows: after } = await database.superuser.query(`select 'made'::regclass::oid as oid`)
    expect(after).toEqual(before)
  })

  it('goes on where an abandoned build has ended', async () => {
    const rounds: number[] = []
    const stopAt = async ({ zoom }: TilesetProgress) => {
      rounds.push(zoom)
      if (zoom === 5) throw new Error('The process was killed.')
    }
    await expect(make({ maxZoom: 7, minZoom: 0 }, stopAt)).rejects.toThrow('killed')
    // Until it is whole nobody sees it.
    expect((await tilesOf('made')).map(({ z }) => z)).toEqual([0, 1, 2, 3])
    const again: number[] = []
    await make({ maxZoom: 7, minZoom: 0 }, async ({ zoom }) => {
      again.push(zoom)
    })
    expect(rounds).toContain(4)
    expect(Math.min(...again)).toBe(6)
    const resumed = await tilesOf('made')
    await make({ maxZoom: 7, minZoom: 0, target: { schema: 'public', name: 'in_one_go' } })
    const whole = await tilesOf('in_one_go')
    expect(resumed.map(({ z, x, y }) => [z, x, y])).toEqual(whole.map(({ z, x, y }) => [z, x, y]))
  })

  it('is begun anew when it is to be another', async () => {
    const target = { schema: 'public', name: 'changed' }
    await expect(
      make({ target }, async ({ zoom }) => {
        if (zoom === 4) throw new Error('Stopped.')
      }),
    ).rejects.toThrow('Stopped')
    await make({ target, maxZoom: 3, minZoom: 3 })
    expect(new Set((await tilesOf('changed')).map(({ z }) => z))).toEqual(new Set([3]))
  })

  it('looks below ground that shows nothing at its own zoom, and draws the largest first', async () => {
    const source = { kind: 'table', table: { schema: 'public', name: 'areas' } } as const
    await make({
      source: { kind: 'query', text: 'select * from areas where id = 1' },
      minZoom: 0,
      maxZoom: 12,
      target: { schema: 'public', name: 'of_areas' },
    })
    const drawn = new Set((await tilesOf('of_areas')).map(({ z }) => z))
    expect([drawn.has(2), drawn.has(12)]).toEqual([false, true])
    await make({
      source,
      drop: 'smallest',
      maxFeatures: 1,
      minZoom: 4,
      maxZoom: 4,
      target: { schema: 'public', name: 'largest' },
    })
    for (const tile of await tilesOf('largest')) expect(await countIn(tile)).toBeLessThanOrEqual(1)
  })

  it.each([
    [
      'a table that is no tileset',
      { target: { schema: 'public', name: 'no_tileset' } },
      /is no tileset/,
    ],
    [
      'a source that is not there',
      { source: { kind: 'table', table: { schema: 'public', name: 'absent' } } },
      /permissions/,
    ],
    [
      'a query that writes',
      { source: { kind: 'query', text: 'delete from points' } },
      /exactly one SELECT/,
    ],
    [
      'a source without a geometry',
      { source: { kind: 'query', text: 'select 1 as one' } },
      /no geometry/,
    ],
  ] as const)('does not take %s', async (_what, changes, message) => {
    await expect(make(changes)).rejects.toThrow(message)
  })
})
