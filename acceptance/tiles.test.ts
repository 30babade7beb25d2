import { gunzipSync } from 'node:zlib'
import { vectorTableSource } from '@carto/api-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findPublicRole, runAsOwner } from './support/populate-account.ts'
import { type AccountCredentials, type Postern, startPostern } from './support/postern.ts'
import { basic, type CreatedKey, createKey, send } from './support/requests.ts'
import { type ReverseProxy, startReverseProxy } from './support/reverse-proxy.ts'
import {
  featuresOf,
  getWire,
  layerOf,
  locate,
  pointsOf,
  type TileAddress,
  tilesAt,
  tileUrl,
  type WireAnswer,
} from './support/tiles.ts'

let proxy: ReverseProxy
let postern: Postern
let owner: AccountCredentials
let reader: CreatedKey

const maxFeatures = 20_000

beforeAll(async () => {
  // As in production: clients know another address than the one that the server listens on.
  proxy = await startReverseProxy('/gis/api')
  postern = await startPostern({ POSTERN_PUBLIC_URL: proxy.url })
  proxy.forwardTo(postern.port)
  owner = postern.demo
  const publicRole = await findPublicRole(postern, owner)
  for (const statement of [
    // Nowhere the usual columns, each in its own way.
    `create table degrees (id serial, name text, the_geom geometry(Point, 4326))`,
    `insert into degrees (name, the_geom)
     select 'point ' || i, st_point(-179 + i * 37 % 358, -80 + i * 17 % 160, 4326)
     from generate_series(1, 500) as i`,
    `create table metres (id serial, place geometry(Point, 25830))`,
    `insert into metres (place)
     select st_transform(st_point(-9.3 + i % 12, 36.2 + i % 8, 4326), 25830)
     from generate_series(1, 96) as i`,
    `create table unmarked (id serial, place geometry)`,
    `insert into unmarked (place) values (st_point(1, 2)), (st_point(-3, 4))`,
    `create table "We""ird. Täble" (id int, "Näme, x" text, the_geom geometry(Point, 4326))`,
    `insert into "We""ird. Täble" values (1, 'ü', st_point(1, 1, 4326))`,
    `create view degrees_view as select id, st_transform(the_geom, 3857) as the_geom from degrees`,
    `create materialized view degrees_copy as select id, name, the_geom from degrees`,
    `create table nothing_to_draw (id int)`,
    `create schema archive`,
    `create table archive.old (id int, geom geometry(Point, 3857))`,
    `insert into archive.old values (1, st_point(0, 0, 3857))`,
    `create table areas (id int, geom geometry(Polygon, 4326))`,
    `insert into areas values (1, st_makeenvelope(-180, -90, 180, -60, 4326)),
       (2, st_makeenvelope(-50, -50, 50, 50, 4326)), (3, st_makeenvelope(-1, -1, 1, 1, 4326))`,
    `create table far (name text, the_geom geometry(Point, 4326))`,
    `insert into far values ('north pole', st_point(0, 90, 4326)), ('edge', st_point(40, 85.0511, 4326)),
       ('south pole', st_point(0, -90, 4326)), ('west', st_point(-180, 0.0001, 4326)),
       ('east', st_point(180, 0.0001, 4326)), ('almost', st_point(179.9999999, 0.0001, 4326))`,
    `create table kinds (id int, geom geometry(Point, 4326), b bool, i8 int8, f float8, n numeric,
       t text, ts timestamptz, absent text)`,
    `insert into kinds values (1, st_point(5, 5, 4326), true, 9007199254740991, 1.25, 3.10, 'tä',
       '2020-01-01 00:00+00', null)`,
    `create table crowd (id serial primary key, geom geometry(Point, 4326))`,
    `alter table crowd set (autovacuum_enabled = false)`,
    // Nine of ten on the western half of the world, evenly.
    `insert into crowd (geom)
     select st_point(case when i % 10 = 0 then 90 else -90 end + (i * 7919 % 16000) / 100.0 - 80,
                     (i * 104729 % 13000) / 100.0 - 65, 4326)
     from generate_series(1::bigint, 100000) as i`,
    `create index on crowd using gist (geom)`,
    `analyze crowd`,
    `create view crowd_view as select * from crowd`,
    `grant select on degrees to "${publicRole}"`,
  ]) {
    await runAsOwner(postern, owner, statement)
  }
  reader = await createKey(postern, owner, {
    tables: [
      { name: 'metres', permissions: ['select'] },
      { schema: 'archive', name: 'old', permissions: ['select'] },
    ],
  })
})
afterAll(async () => {
  await proxy.close()
  await postern.stop()
})

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const asOwner = () => bearer(owner.master_key)

type MapAnswer = {
  readonly nrows: number
  readonly size: number
  readonly schema: readonly { name: string; type: string }[]
  readonly tilejson: { readonly url: readonly string[] }
}

type TileJson = {
  readonly tiles: readonly string[]
  readonly minzoom: number
  readonly maxzoom: number
  readonly bounds: readonly number[]
  readonly vector_layers: readonly { id: string; fields: Record<string, string> }[]
}

function mapUrl(name: string, parameters: Record<string, string> = {}): string {
  return `${proxy.url}/v3/maps/default/table?${new URLSearchParams({ name, ...parameters })}`
}

/** What a client does before it asks for tiles. */
async function openMap(
  name: string,
  parameters: Record<string, string> = {},
  headers: Record<string, string> = asOwner(),
): Promise<{ map: MapAnswer; tileJson: TileJson; template: string }> {
  const map = await send(mapUrl(name, parameters), { headers })
  expect(map.status, map.text).toBe(200)
  const [url = ''] = map.json<MapAnswer>().tilejson.url
  const tileJson = await send(url, { headers })
  expect(tileJson.status, tileJson.text).toBe(200)
  const [template = ''] = tileJson.json<TileJson>().tiles
  return { map: map.json(), tileJson: tileJson.json(), template }
}

function getTile(
  template: string,
  address: TileAddress,
  headers: Record<string, string> = asOwner(),
): Promise<WireAnswer> {
  return getWire(tileUrl(template, address), headers)
}

const world = { z: 0, x: 0, y: 0 }

async function idsIn(template: string, address: TileAddress): Promise<unknown[]> {
  const { body } = await getTile(template, address)
  return featuresOf(body).map(({ properties }) => properties.id)
}

describe('the way to a tile', () => {
  test('leads from the table over its TileJSON, in absolute addresses', async () => {
    const { map, tileJson, template } = await openMap('capitals')
    expect(map).toEqual({
      nrows: 197,
      size: expect.any(Number),
      schema: expect.arrayContaining([
        { name: 'cartodb_id', type: 'bigint' },
        { name: 'name', type: 'string' },
        { name: 'the_geom', type: 'geometry' },
      ]),
      ...Object.fromEntries(
        ['tilejson', 'geojson', 'json', 'ndjson'].map((format) => [
          format,
          { url: [expect.stringContaining(`format=${format}&`)] },
        ]),
      ),
    })
    const [url = ''] = map.tilejson.url
    expect(url.startsWith(`${proxy.url}/`)).toBe(true)
    expect(new URL(url).searchParams.get('format')).toBe('tilejson')
    expect(new URL(url).searchParams.get('cache')).toMatch(/^\d{13}$/)

    expect(template.startsWith(`${proxy.url}/`)).toBe(true)
    expect(template).toContain('/{z}/{x}/{y}?')
    expect(new URL(template).searchParams.get('formatTiles')).toBe('mvt')
    expect(tileJson).toMatchObject({ minzoom: 0, maxzoom: 30 })
    expect(tileJson.vector_layers).toMatchObject([{ id: 'default', fields: { name: 'string' } }])
    const [west = 0, south = 0, east = 0, north = 0] = tileJson.bounds
    expect(west).toBeCloseTo(-175.2018, 3)
    expect(south).toBeCloseTo(-41.2865, 3)
    expect(east).toBeCloseTo(179.1983, 3)
    expect(north).toBeCloseTo(64.1466, 3)

    const tile = await getTile(template, world)
    expect(tile.status).toBe(200)
    expect(tile.headers['content-type']).toBe('application/vnd.mapbox-vector-tile')
    expect(layerOf(tile.body)).toMatchObject({ version: 2, extent: 4096, length: 197 })
  })

  test('can be begun by POST with a JSON body', async () => {
    const answer = await send(`${proxy.url}/v3/maps/default/table`, {
      method: 'POST',
      headers: { ...asOwner(), 'content-type': 'application/json' },
      body: JSON.stringify({ v: '3.4', client: 'test', name: 'degrees', columns: 'name' }),
    })
    expect(answer.status, answer.text).toBe(200)
    const [url = ''] = answer.json<MapAnswer>().tilejson.url
    expect(new URL(url).searchParams.get('columns')).toBe('name')
  })

  test('is shorter for clients that ask for the TileJSON at once', async () => {
    const answer = await send(mapUrl('degrees', { format: 'tilejson' }), { headers: asOwner() })
    expect(answer.json<TileJson>().tiles[0]).toContain('/{z}/{x}/{y}?')
  })

  test("is found by the platform's own client", async () => {
    const source = await vectorTableSource({
      accessToken: owner.master_key,
      apiBaseUrl: proxy.url,
      connectionName: 'default',
      tableName: 'capitals',
      columns: ['name', 'population'],
    })
    const [template = ''] = source.tiles
    expect(new URL(template).searchParams.get('formatTiles')).toBe('mvt')
    const features = featuresOf((await getTile(template, world)).body)
    expect(features).toHaveLength(197)
    expect(Object.keys(features[0]?.properties ?? {}).sort()).toEqual(['name', 'population'])
  })
})

describe('what is in a tile', () => {
  test('properties are what SQL says of the row', async () => {
    const rows = await runAsOwner(
      postern,
      owner,
      'select cartodb_id, name, country, iso_a2, population, longitude, latitude from capitals',
    )
    const { template } = await openMap('capitals')
    const features = featuresOf((await getTile(template, world)).body)
    const byId = (a: Record<string, unknown>, b: Record<string, unknown>) =>
      Number(a.cartodb_id) - Number(b.cartodb_id)
    // A null is no property in a tile.
    const present = rows.map((row) =>
      Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)),
    )
    expect(features.map(({ properties }) => properties).sort(byId)).toEqual(present.sort(byId))
  })

  test('values of every kind survive', async () => {
    const { template } = await openMap('kinds')
    const [feature] = featuresOf((await getTile(template, world)).body)
    expect(feature?.properties).toEqual({
      id: 1,
      b: true,
      i8: 9007199254740991,
      f: 1.25,
      n: 3.1,
      t: 'tä',
      ts: '2020-01-01 00:00:00+00',
    })
  })

  test.each([
    ['capitals', 'the_geom', 'cartodb_id', 4, undefined],
    ['degrees', 'the_geom', 'id', 3, undefined],
    ['degrees_view', 'st_transform(the_geom, 4326)', 'id', 3, undefined],
    // Spain, below and above the zoom from which the column's own reference is asked.
    ['metres', 'st_transform(place, 4326)', 'id', 3, undefined],
    ['metres', 'st_transform(place, 4326)', 'id', 6, { from: [29, 22], to: [33, 26] }],
  ] as const)(
    'of %s no point is lost or doubled, and each lies where %s says',
    async (name, geometry, idColumn, z, part) => {
      const rows = await runAsOwner(
        postern,
        owner,
        `select ${idColumn} as id, st_x(g) as longitude, st_y(g) as latitude
         from ${name}, lateral (select ${geometry} as g) as place`,
      )
      const { template } = await openMap(name)
      const tiles = tilesAt(z).filter(
        ({ x, y }) =>
          part === undefined ||
          (x >= part.from[0] && y >= part.from[1] && x <= part.to[0] && y <= part.to[1]),
      )
      const found = new Map<unknown, { x: number; y: number }[]>()
      for (const tile of tiles) {
        for (const feature of featuresOf((await getTile(template, tile)).body)) {
          const id = feature.properties[idColumn]
          for (const { x, y } of pointsOf(feature)) {
            // Beyond that lies the margin, which shows the neighbours' features as well.
            if (x < 0 || x >= 4096 || y < 0 || y >= 4096) continue
            found.set(id, [
              ...(found.get(id) ?? []),
              { x: tile.x * 4096 + x, y: tile.y * 4096 + y },
            ])
          }
        }
      }
      expect(rows.length).toBeGreaterThan(90)
      for (const row of rows) {
        const places = found.get(row.id) ?? []
        expect(places, `${name} ${row.id}`).toHaveLength(1)
        const place = locate(Number(row.longitude), Number(row.latitude), z)
        expect(Math.abs((places[0]?.x ?? 0) - (place.x * 4096 + place.column))).toBeLessThan(1.5)
        expect(Math.abs((places[0]?.y ?? 0) - (place.y * 4096 + place.row))).toBeLessThan(1.5)
      }
      expect(found.size).toBe(rows.length)
    },
  )

  test('areas are cut off at the margin of the tile', async () => {
    const { template } = await openMap('areas')
    const inWorld = featuresOf((await getTile(template, world)).body)
    expect(inWorld.map(({ properties }) => properties.id).sort()).toEqual([1, 2, 3])
    for (const tile of [
      world,
      { z: 4, x: 7, y: 7 },
      { z: 6, x: 31, y: 31 },
      { z: 2, x: 0, y: 3 },
    ]) {
      const features = featuresOf((await getTile(template, tile)).body)
      expect(features.length).toBeGreaterThan(0)
      for (const feature of features) {
        expect(feature.type).toBe(3)
        for (const { x, y } of pointsOf(feature)) {
          expect(Math.min(x, y)).toBeGreaterThanOrEqual(-64)
          expect(Math.max(x, y)).toBeLessThanOrEqual(4096 + 64)
        }
      }
    }
    // Deep inside of an area the tile is full of it.
    const [inside] = featuresOf((await getTile(template, { z: 10, x: 600, y: 600 })).body)
    const xs = inside === undefined ? [] : pointsOf(inside).map(({ x }) => x)
    expect([Math.min(...xs), Math.max(...xs)]).toEqual([-64, 4096 + 64])
  })

  test('ends where the world ends, and shows what lies on that line', async () => {
    const { template } = await openMap('far')
    const namesIn = async (address: TileAddress) =>
      featuresOf((await getTile(template, address)).body).map(({ properties }) => properties.name)
    expect((await namesIn(world)).sort()).toEqual(['almost', 'east', 'edge', 'west'])
    for (const z of [1, 5, 16, 30]) {
      const last = 2 ** z - 1
      const row = locate(0, 0.0001, z).y
      expect(await namesIn({ z, x: 0, y: row })).toEqual(['west'])
      const eastern = await namesIn({ z, x: last, y: row })
      expect(eastern).toContain('east')
      expect(eastern).not.toContain('west')
    }
    expect(await namesIn({ z: 5, x: 19, y: 0 })).toEqual(['edge'])
    expect(await namesIn({ z: 5, x: 16, y: 31 })).toEqual([])
  })

  test('at the deepest zoom is still where it belongs', async () => {
    const { template } = await openMap('kinds')
    const place = locate(5, 5, 30)
    const [feature] = featuresOf((await getTile(template, place)).body)
    const [point] = feature === undefined ? [] : pointsOf(feature)
    // A thousandth of a millimetre and less: the last digits of a double.
    expect(Math.abs((point?.x ?? 0) - place.column)).toBeLessThan(64)
    expect(Math.abs((point?.y ?? 0) - place.row)).toBeLessThan(64)
  })
})

describe('which tables can be drawn', () => {
  test.each([
    ['degrees', 500],
    ['public.degrees', 500],
    ['demo.public.degrees', 500],
    ['"public"."degrees"', 500],
    ['metres', 96],
    ['unmarked', 2],
    ['"We""ird. Täble"', 1],
    ['degrees_view', 500],
    ['degrees_copy', 500],
    ['archive.old', 1],
  ])('%s has %i features', async (name, count) => {
    const { map, template } = await openMap(name)
    expect(map.nrows).toBe(count)
    expect(layerOf((await getTile(template, world)).body)?.length).toBe(count)
  })

  test.each([
    ['nothing_to_draw', 400, 'The source has no geometry column'],
    ['absent', 404, 'Table not found'],
    ['archive.absent', 404, 'Table not found'],
    ['pg_catalog.pg_class', 400, 'The source has no geometry column'],
    ['stranger.public.degrees', 403, "You don't have permissions to read this resource"],
    ['', 400, 'The parameter "name" is missing.'],
    ['a.b.c.d', 400, 'The parameter "name" is not the name of a table.'],
    ['degrees; drop table degrees', 404, 'Table not found'],
  ])('%j is none: %i', async (name, status, error) => {
    for (const url of [mapUrl(name), mapUrl(name).replace('/table?', '/table/0/0/0?')]) {
      const answer = await send(url, { headers: asOwner() })
      expect(answer.status).toBe(status)
      expect(answer.json()).toEqual({ error, status })
    }
  })

  test.each([
    [{}, 200],
    [{ spatialDataColumn: 'the_geom' }, 200],
    [{ spatialDataColumn: 'the_geom_webmercator' }, 200],
    // What clients send when nobody has chosen a column.
    [{ spatialDataColumn: 'geom' }, 200],
    [{ spatialDataColumn: 'name' }, 400],
    [{ spatialDataColumn: 'absent' }, 400],
    [{ columns: 'name,absent' }, 400],
    [{ format: 'shp' }, 400],
  ])('capitals with %j answers %i', async (parameters, status) => {
    const answer = await send(mapUrl('capitals', parameters), { headers: asOwner() })
    expect(answer.status, answer.text).toBe(status)
    if (status !== 200) {
      expect(answer.json()).toMatchObject({ error: expect.stringMatching(/.{10}/), status })
      return
    }
    const { template } = await openMap('capitals', parameters)
    expect(layerOf((await getTile(template, world)).body)?.length).toBe(197)
  })

  test('the chosen columns are the properties', async () => {
    const { template, tileJson } = await openMap('capitals', { columns: 'name,the_geom,iso_a2' })
    const [feature] = featuresOf((await getTile(template, world)).body)
    expect(Object.keys(feature?.properties ?? {}).sort()).toEqual(['iso_a2', 'name'])
    expect(tileJson.vector_layers[0]?.fields).toEqual({ name: 'string', iso_a2: 'string' })
  })

  test.each([
    '31/0/0',
    '3/8/0',
    '3/0/8',
    '-1/0/0',
    '0/0/-1',
    'a/0/0',
    '1.5/0/0',
    '1e0/0/0',
    '0/0/99999999999',
  ])('there is no tile %s', async (address) => {
    const url = mapUrl('degrees').replace('/table?', `/table/${address}?`)
    const answer = await send(url, { headers: asOwner() })
    expect(answer.status).toBe(400)
    expect(answer.json()).toEqual({
      error: expect.stringMatching(/^Invalid tile coordinates: /),
      status: 400,
    })
  })

  test('another connection than the one there is does not exist', async () => {
    const url = mapUrl('degrees').replace('/maps/default/', '/maps/other/')
    const answer = await send(url, { headers: asOwner() })
    expect([answer.status, answer.json()]).toEqual([
      404,
      { error: 'Connection not found', status: 404 },
    ])
  })
})

describe('how a tile is sent', () => {
  test('an empty one is a 204 without a body', async () => {
    const { template } = await openMap('unmarked')
    const tile = await getTile(template, { z: 5, x: 0, y: 0 })
    expect([tile.status, tile.body.length]).toEqual([204, 0])
    expect(tile.headers['cache-control']).toBe('private, no-cache')
  })

  test('one that the client has is a 304', async () => {
    const { template } = await openMap('capitals')
    const first = await getTile(template, world)
    const etag = first.headers.etag ?? ''
    expect(etag).toMatch(/^W\/"[\w-]+"$/)
    for (const tag of [etag, etag.slice(2), `"other", ${etag}`, '*']) {
      const again = await getTile(template, world, { ...asOwner(), 'if-none-match': tag })
      expect([again.status, again.body.length, again.headers.etag]).toEqual([304, 0, etag])
      expect(again.headers['cache-control']).toBe('private, no-cache')
    }
    const other = await getTile(template, world, { ...asOwner(), 'if-none-match': '"other"' })
    expect(other.status).toBe(200)
    // A credential that has ended must not be told that its copy still stands.
    const refused = await getTile(template, world, { ...bearer('wrong'), 'if-none-match': etag })
    expect(refused.status).toBe(401)
  })

  test.each([
    ['gzip', true],
    ['br, gzip;q=0.5', true],
    ['*', true],
    ['identity', false],
    ['gzip;q=0', false],
    ['gzip;q=0.0, *', false],
    ['deflate, *;q=0', false],
  ])('Accept-Encoding %s compresses it: %s', async (encoding, isCompressed) => {
    const { template } = await openMap('capitals')
    const plain = await getTile(template, world)
    expect(plain.headers['content-encoding']).toBeUndefined()
    const tile = await getTile(template, world, { ...asOwner(), 'accept-encoding': encoding })
    expect(tile.headers['content-encoding']).toBe(isCompressed ? 'gzip' : undefined)
    expect(tile.headers.vary).toContain('Accept-Encoding')
    expect(tile.headers.etag).toBe(plain.headers.etag)
    expect(isCompressed ? gunzipSync(tile.body) : tile.body).toEqual(plain.body)
  })

  test('only what is public may be kept by others', async () => {
    const { template } = await openMap('degrees')
    const cacheControl = async (headers: Record<string, string>) =>
      (await getTile(template, world, headers)).headers['cache-control']
    expect(await cacheControl({})).toBe('public, max-age=300')
    expect(await cacheControl(bearer(reader.token))).toBe('private, no-cache')
    expect(await cacheControl(asOwner())).toBe('private, no-cache')
    const tile = await getTile(template, world, {})
    expect(tile.headers.vary).toContain('Authorization')
  })

  test('pages of every site may ask for it', async () => {
    const { template } = await openMap('degrees')
    const preflight = await send(tileUrl(template, world), {
      method: 'OPTIONS',
      headers: { origin: 'https://maps.example.com', 'access-control-request-method': 'GET' },
    })
    expect(preflight.status).toBe(200)
    for (const answer of [
      preflight,
      await send(mapUrl('degrees'), { headers: asOwner() }),
      await send(mapUrl('absent'), { headers: asOwner() }),
    ]) {
      expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    }
    expect(preflight.headers.get('access-control-allow-headers')).toContain('Authorization')
  })
})

describe('who may see it', () => {
  /** The statuses of all three steps; the later ones are asked for even where the first is refused. */
  async function statuses(name: string, ask: (url: string) => Promise<{ status: number }>) {
    const tile = tileUrl(mapUrl(name).replace('/table?', '/table/{z}/{x}/{y}?'), world)
    const answers = [
      await ask(mapUrl(name)),
      await ask(mapUrl(name, { format: 'tilejson' })),
      await ask(tile),
    ]
    return answers.map(({ status }) => status)
  }

  const withHeaders = (headers: Record<string, string>) => (url: string) => send(url, { headers })
  const inQuery = (parameter: string) => (url: string) => send(`${url}&${parameter}`)

  test('a key that may select the table, wherever it is sent', async () => {
    for (const ask of [
      withHeaders(bearer(reader.token)),
      withHeaders(basic('demo', reader.token)),
      inQuery(`api_key=${reader.token}`),
      inQuery(`map_key=${reader.token}`),
      inQuery(`access_token=${reader.token}`),
    ]) {
      expect(await statuses('metres', ask)).toEqual([200, 200, 200])
      expect(await statuses('archive.old', ask)).toEqual([200, 200, 200])
      expect(await statuses('degrees', ask)).toEqual([200, 200, 200])
      expect(await statuses('kinds', ask)).toEqual([403, 403, 403])
      // What it may not read is not told from what there is not.
      expect(await statuses('absent', ask)).toEqual([403, 403, 403])
      expect(await statuses('pg_catalog.pg_class', ask)).toEqual([403, 403, 403])
    }
  })

  test('everybody what is public, where the address names the account', async () => {
    const named = (url: string) => send(url.replace('/v3/', '/user/demo/v3/'))
    expect(await statuses('degrees', named)).toEqual([200, 200, 200])
    expect(await statuses('metres', named)).toEqual([403, 403, 403])
    const unnamed = await send(mapUrl('degrees'))
    expect([unnamed.status, unnamed.json()]).toEqual([
      401,
      { error: 'Token not defined', status: 401 },
    ])
  })

  test('nobody with a key that is none, of another API or of another account', async () => {
    const sqlOnly = await createKey(postern, owner, {
      apis: ['sql'],
      tables: [{ name: 'metres', permissions: ['select'] }],
    })
    const stranger = await postern.createAccount('bob')
    expect(await statuses('metres', withHeaders(bearer(sqlOnly.token)))).toEqual([403, 403, 403])
    expect(await statuses('metres', withHeaders(bearer('wrong')))).toEqual([401, 401, 401])
    const elsewhere = (url: string) =>
      send(url.replace('/v3/', '/user/demo/v3/'), { headers: bearer(stranger.master_key) })
    expect(await statuses('metres', elsewhere)).toEqual([401, 401, 401])
    // In its own account the stranger has no such table.
    expect(await statuses('metres', withHeaders(bearer(stranger.master_key)))).toEqual([
      404, 404, 404,
    ])
  })

  test('a token from a header is in no answer; one from the address goes on in the addresses', async () => {
    for (const headers of [bearer(reader.token), basic('demo', reader.token)]) {
      for (const format of ['', 'tilejson']) {
        const parameters = format === '' ? {} : { format }
        const { text } = await send(mapUrl('metres', parameters), { headers })
        expect(text).not.toContain(reader.token)
      }
    }
    for (const name of ['api_key', 'map_key', 'access_token']) {
      const { template } = await openMap('metres', { [name]: reader.token }, {})
      expect(new URL(template).searchParams.get(name)).toBe(reader.token)
      // A map library has nothing but the template.
      expect((await getTile(template, world, {})).status).toBe(200)
    }
    const inBody = await send(`${proxy.url}/v3/maps/default/table`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'metres', api_key: reader.token }),
    })
    expect(inBody.status).toBe(200)
    expect(inBody.text).not.toContain(reader.token)
  })
})

describe('a table that changes under its map', () => {
  test('is drawn as it is', async () => {
    const run = (statement: string) => runAsOwner(postern, owner, statement)
    await run('create table changing (id int, name text, geom geometry(Point, 4326))')
    await run("insert into changing values (1, 'a', st_point(1, 1, 4326))")
    const { template } = await openMap('changing')
    const draw = () => getTile(template, world)
    const properties = async () =>
      featuresOf((await draw()).body).map((feature) => feature.properties)
    expect(await properties()).toEqual([{ id: 1, name: 'a' }])

    await run('alter table changing drop column name')
    expect(await properties()).toEqual([{ id: 1 }])

    await run('alter table changing alter column id type text')
    expect(await properties()).toEqual([{ id: '1' }])

    await run('drop table changing')
    expect((await draw()).status).toBe(404)

    await run('create table changing (id int, geom geometry(Point, 4326))')
    await run('insert into changing values (2, st_point(1, 1, 4326))')
    expect(await properties()).toEqual([{ id: 2 }])
  })

  test('and nothing of a failure stays in the session', async () => {
    const run = (statement: string) => runAsOwner(postern, owner, statement)
    const create = async (id: number) => {
      await run('create table vanishing (id int, geom geometry(Point, 4326))')
      await run(`insert into vanishing values (${id}, st_point(1, 1, 4326))`)
    }
    await create(1)
    const { template } = await openMap('vanishing')
    // Known by now, but never drawn: the first tile fails before it is prepared.
    for (const id of [2, 3]) {
      await run('drop table vanishing')
      expect((await getTile(template, world)).status).toBe(404)
      await create(id)
      expect(await idsIn(template, world)).toEqual([id])
    }
  })
})

describe('a tile that would hold too much', () => {
  const west = { z: 1, x: 0, y: 0 }
  const east = { z: 1, x: 1, y: 0 }

  test('shows a sample of the table, the same each time', async () => {
    const { map, template } = await openMap('crowd')
    expect(map.nrows).toBe(100_000)
    const first = await getTile(template, world)
    const count = layerOf(first.body)?.length ?? 0
    expect(count).toBeLessThanOrEqual(maxFeatures)
    expect(count).toBeGreaterThan(maxFeatures / 2)
    // Another session, another plan, the same tile.
    const again = await Promise.all(Array.from({ length: 6 }, () => getTile(template, world)))
    expect(new Set(again.map(({ headers }) => headers.etag))).toEqual(new Set([first.headers.etag]))
  })

  test('stays in proportion: a sample is not what lies together on the disk', async () => {
    const { template } = await openMap('crowd')
    const ids = (await idsIn(template, world)).map(Number)
    const eastern = ids.filter((id) => id % 10 === 0).length
    expect(eastern / ids.length).toBeGreaterThan(0.08)
    expect(eastern / ids.length).toBeLessThan(0.12)
    const halves = [ids.filter((id) => id <= 50_000).length, ids.length / 2]
    expect(Math.abs((halves[0] ?? 0) - (halves[1] ?? 0))).toBeLessThan(ids.length / 20)
  })

  test('holds nothing that the tiles below it do not hold', async () => {
    const { template } = await openMap('crowd')
    const above = new Set(await idsIn(template, world))
    const below = new Set<unknown>()
    for (const tile of tilesAt(1)) {
      const ids = await idsIn(template, tile)
      expect(ids.length).toBeLessThanOrEqual(maxFeatures)
      for (const id of ids) below.add(id)
    }
    expect([...above].filter((id) => !below.has(id))).toEqual([])
    expect(below.size).toBeGreaterThan(above.size)
  })

  test('leaves its neighbours whole that would not', async () => {
    const { template } = await openMap('crowd')
    const [{ count } = { count: 0 }] = await runAsOwner(
      postern,
      owner,
      'select count(*) as count from crowd where st_x(geom) > 0 and st_y(geom) > 0',
    )
    const inside = featuresOf((await getTile(template, east)).body).filter((feature) =>
      pointsOf(feature).some(({ x, y }) => x >= 0 && y < 4096),
    )
    expect(Math.abs(inside.length - Number(count))).toBeLessThan(50)
    expect((await idsIn(template, west)).length).toBeLessThan(45_000)
  })

  test('of a view shows a sample of its rows', async () => {
    const { map, template } = await openMap('crowd_view')
    expect(map.nrows).toBe(100_000)
    const drawn = layerOf((await getTile(template, world)).body)?.length ?? 0
    expect(drawn).toBeGreaterThan(maxFeatures / 2)
    expect(drawn).toBeLessThan(maxFeatures)
  })
})
