import {
  h3QuerySource,
  h3TableSource,
  quadbinTableSource,
  vectorQuerySource,
  vectorTableSource,
} from '@carto/api-client'
import { latLngToCell } from 'h3-js'
import { tileToCell } from 'quadbin'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runAsOwner } from './support/populate-account.ts'
import { type AccountCredentials, type Postern, startPostern } from './support/postern.ts'
import { type Answer, createKey, send } from './support/requests.ts'
import { featuresOf, getWire, locate, tileUrl } from './support/tiles.ts'
import { type AccessToken, createToken, on, tokensApi } from './support/tokens-api.ts'

let postern: Postern
let owner: AccountCredentials
/** May read the table `capitals` and everything whose name begins with `open_`. */
let reader: AccessToken

const world = { z: 0, x: 0, y: 0 }
const places = Array.from({ length: 300 }, (_, index) => ({
  longitude: -4 + (index % 20) / 100,
  latitude: 40 + Math.floor(index / 20) / 100,
  n: index,
}))
const h3Of = (at: (typeof places)[number]) => latLngToCell(at.latitude, at.longitude, 8)
const quadbinOf = (at: (typeof places)[number]) =>
  tileToCell(locate(at.longitude, at.latitude, 16)).toString()

beforeAll(async () => {
  postern = await startPostern({ POSTERN_TRUSTED_PROXIES: '127.0.0.1', POSTERN_RATE_LIMIT: '0' })
  owner = postern.demo
  const values = places.map((at) => `('${h3Of(at)}', ${quadbinOf(at)}, ${at.n})`).join(',')
  for (const statement of [
    'create table open_cells (h3 text, quadbin bigint, n int)',
    `insert into open_cells values ${values}`,
    'create table open_notes (id int, note text, geom geometry(Point, 4326))',
    `insert into open_notes values (1, 'first', st_point(1, 1, 4326))`,
    'create table secrets (id int, geom geometry(Point, 4326))',
    `insert into secrets values (1, st_point(1, 1, 4326))`,
    'create table rows_of (who text, geom geometry(Point, 4326))',
    `insert into rows_of values ('everybody', st_point(1, 1, 4326)), ('owner', st_point(2, 2, 4326))`,
    'alter table rows_of enable row level security',
    `create policy own on rows_of for select using (who = 'everybody')`,
    `create view whoever as select current_user::text as who, geom from secrets`,
  ]) {
    await runAsOwner(postern, owner, statement)
  }
  reader = await createToken(postern, owner, {
    allowed_apis: ['maps'],
    grants: on('public.capitals', 'demo.public.open_*'),
  })
})
afterAll(() => postern.stop())

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const asOwner = () => bearer(owner.master_key)

function mapUrl(kind: string, parameters: Record<string, string>, path = ''): string {
  return `${postern.url}/v3/maps/default/${kind}${path}?${new URLSearchParams(parameters)}`
}

type Json = Record<string, never>

async function ask(url: string, headers: Record<string, string>): Promise<Answer> {
  const answer = await send(url, { headers })
  expect(answer.status, answer.text).toBe(200)
  return answer
}

/** The template of a map's tiles, by the way that clients go. */
async function templateOf(
  kind: string,
  parameters: Record<string, string>,
  headers: Record<string, string>,
): Promise<string> {
  const map = (await ask(mapUrl(kind, parameters), headers)).json<Json>() as never as {
    tilejson: { url: string[] }
  }
  const tiles = (await ask(map.tilejson.url[0] ?? '', headers)).json<Json>() as never as {
    tiles: string[]
  }
  return tiles.tiles[0] ?? ''
}

async function propertiesIn(
  url: string,
  headers: Record<string, string>,
): Promise<Record<string, unknown>[]> {
  const { status, body } = await getWire(url, headers)
  expect([200, 204], String(body)).toContain(status)
  return featuresOf(body).map(({ properties }) => properties)
}

const sqlCount = async (where: string) =>
  Number(
    (await runAsOwner(postern, owner, `select count(*) as n from capitals where ${where}`))[0]?.n,
  )

describe('a map of a query', () => {
  const statement = 'select name, population, the_geom from capitals where population > $1'

  test('is drawn with its parameters bound, by the client itself', async () => {
    const token = await createToken(postern, owner, {
      allowed_apis: ['maps'],
      grants: on(statement),
    })
    const source = await vectorQuerySource({
      accessToken: token.token,
      apiBaseUrl: postern.url,
      connectionName: 'default',
      // Another spelling of the same.
      sqlQuery: `SELECT name, population, the_geom\n FROM capitals WHERE population > $1; `,
      queryParameters: [5_000_000],
      spatialDataColumn: 'the_geom',
      columns: ['name'],
    })
    const tile = tileUrl(source.tiles[0] ?? '', world)
    const properties = await propertiesIn(tile, bearer(token.token))
    expect(properties).toHaveLength(await sqlCount('population > 5000000'))
    expect(Object.keys(properties[0] ?? {})).toEqual(['name'])

    // Nothing in the address widens it, and nothing else opens it.
    const changed = (change: (parameters: URLSearchParams) => void) => {
      const url = new URL(tile)
      change(url.searchParams)
      return String(url)
    }
    for (const [url, headers, status] of [
      [changed((p) => p.set('q', 'select * from secrets')), bearer(token.token), 403],
      [
        changed((p) => p.set('q', `${p.get('q')?.replace(';', '')} or true`)),
        bearer(token.token),
        403,
      ],
      [changed((p) => p.set('queryParameters', '["1 or true"]')), bearer(token.token), 400],
      [`${tile.replace('/query/', '/table/')}&name=capitals`, bearer(token.token), 403],
      [tile.replace('/default/', '/other/'), bearer(token.token), 404],
      [tile, bearer(reader.token), 403],
      [tile, {}, 401],
    ] as const) {
      const answer = await send(url, { headers })
      expect([url, answer.status]).toEqual([url, status])
    }
  })

  test('takes named parameters', async () => {
    const q = 'select * from capitals where population > @least'
    const queryParameters = '{"least": 10000000}'
    const template = await templateOf('query', { q, queryParameters }, asOwner())
    const properties = await propertiesIn(tileUrl(template, world), asOwner())
    expect(properties).toHaveLength(await sqlCount('population > 10000000'))
  })

  test('may be too long for any address but its own', async () => {
    const ids = Array.from({ length: 3_000 }, (_, index) => index + 1)
    const q = `select * from capitals where cartodb_id in (${ids.join(', ')}) -- ${'x'.repeat(500)}`
    const map = await send(mapUrl('query', {}), {
      method: 'POST',
      headers: { ...asOwner(), 'content-type': 'application/json' },
      body: JSON.stringify({ v: '3.4', client: 'test', q, queryParameters: [], filters: {} }),
    })
    expect(map.status, map.text).toBe(200)
    const { tilejson } = map.json<{ tilejson: { url: string[] } }>()
    expect(tilejson.url[0]?.length).toBeLessThan(12_000)
    const tiles = (await ask(tilejson.url[0] ?? '', asOwner())).json<{ tiles: string[] }>()
    const url = tileUrl(tiles.tiles[0] ?? '', world)
    expect(await propertiesIn(url, asOwner())).toHaveLength(197)
  })

  test.each([
    ['select nonsense from capitals', 400, /column "nonsense" does not exist/],
    ['select 1 as one', 400, /no geometry column/],
    ['selec name from capitals', 400, /syntax error/],
    ['no_such_source', 404, /Named source not found/],
    ['delete from capitals', 403, /only reads/],
    ['select 1; select 2', 403, /Exactly one SELECT/],
    ['', 400, /"q" is missing/],
  ])('%j is refused with its reason: %i', async (q, status, error) => {
    const answer = await send(mapUrl('query', { q }), { headers: asOwner() })
    expect(answer.status).toBe(status)
    expect(answer.json()).toEqual({ error: expect.stringMatching(error), status })
  })
})

describe('what is drawn of a source', () => {
  test('passes the filters', async () => {
    const source = await vectorTableSource({
      accessToken: reader.token,
      apiBaseUrl: postern.url,
      connectionName: 'default',
      tableName: 'capitals',
      filters: { population: { between: { values: [[1_000_000, 5_000_000]] } } } as never,
    })
    const properties = await propertiesIn(
      tileUrl(source.tiles[0] ?? '', world),
      bearer(reader.token),
    )
    expect(properties).toHaveLength(await sqlCount('population between 1000000 and 5000000'))
  })

  test('is gathered in a grid when it is to be aggregated', async () => {
    const parameters = {
      name: 'capitals',
      aggregationExp: 'count(*) as n, sum(population) as people, avg(population) as mean',
      tileResolution: '0.25',
    }
    const template = await templateOf('table', parameters, asOwner())
    const gathered = await propertiesIn(tileUrl(template, world), asOwner())
    const total = (name: string) =>
      // A number, whatever PostgreSQL's type of the sum is.
      gathered.reduce((sum, properties) => sum + (properties[name] as number), 0)
    const [sum] = await runAsOwner(postern, owner, 'select sum(population) as n from capitals')
    expect([total('n'), total('people')]).toEqual([197, Number(sum?.n)])
    expect(gathered.length).toBeLessThan(197)
  })

  test.each([
    [{ aggregationExp: '(select count(*) from secrets) as n' }, 400],
    [{ aggregationExp: 'pg_sleep(1) as n' }, 400],
    [{ aggregationExp: 'count(*)' }, 400],
    [{ columns: 'absent' }, 400],
    [{ filters: '{"absent":{"in":{"values":[1]}}}' }, 400],
    [{ filters: '{"name":{"in":{"values":["\') or true --"]}}}' }, 200],
    [{ tileResolution: '3' }, 400],
    [{ spatialDataType: 'raster' }, 400],
    [{ spatialDataType: 'h3' }, 400],
    [{ v: '3.4', geo_column: 'the_geom' }, 400],
    [{ v: '3.2', geo_column: 'the_geom' }, 200],
    [{ packed: 'nonsense' }, 400],
    [{ what: 'ever', 'tag-mapId': '1' }, 200],
  ])('with %j answers %i', async (parameters, status) => {
    const url = mapUrl('table', { name: 'capitals', ...(parameters as Record<string, string>) })
    const answer = await send(url, { headers: asOwner() })
    expect(answer.status, answer.text).toBe(status)
    if (status === 400) {
      expect(answer.json()).toMatchObject({ error: expect.stringMatching(/.{10}/), status })
    }
  })

  test('carries ids and boxes where they are asked for', async () => {
    await runAsOwner(
      postern,
      owner,
      'create table open_areas as select 1 as id, st_makeenvelope(1, 2, 3, 4, 4326) as geom',
    )
    const template = await templateOf(
      'table',
      { name: 'open_areas', columns: 'id,_carto_feature_id', featureBbox: 'true' },
      bearer(reader.token),
    )
    const [properties] = await propertiesIn(tileUrl(template, world), bearer(reader.token))
    expect(properties).toEqual({
      id: 1,
      _carto_feature_id: expect.stringMatching(/^[0-9a-f]{16}$/),
      _carto_bbox: '1.000000,2.000000,3.000000,4.000000',
    })
  })

  test('has columns of any name, those of our own statements included', async () => {
    const names = { p: 1, r: 2, source: 3, tile: 4 }
    const columns = Object.entries(names).map(([name, value]) => `${value} as ${name}`)
    await runAsOwner(
      postern,
      owner,
      `create table open_names as select ${columns.join()}, st_point(1, 1, 4326) as geom`,
    )
    const name = 'open_names'
    expect(await propertiesIn(mapUrl('table', { name }, '/0/0/0'), asOwner())).toEqual([names])
    const whole = await ask(mapUrl('table', { name, format: 'geojson' }), asOwner())
    expect(whole.json()).toMatchObject({ features: [{ properties: names }] })
    const inOneCell = mapUrl(
      'table',
      { name: 'open_cells', spatialDataType: 'h3', aggregationExp: 'count(*) as p' },
      `/${latLngToCell(40, -4, 2)}`,
    )
    const [cell] = (await ask(inOneCell, asOwner())).json<unknown[]>()
    expect(cell).toMatchObject({ properties: { p: expect.any(Number) } })
  })
})

describe('a source as a whole', () => {
  test.each([
    ['geojson', 'application/geo+json; charset=utf-8'],
    ['json', 'application/json; charset=utf-8'],
    ['ndjson', 'application/x-ndjson; charset=utf-8'],
  ])('is there as %s', async (format, type) => {
    const q = `select name, the_geom from capitals where name in ('Madrid', 'Paris') order by name`
    const map = (await ask(mapUrl('query', { q }), asOwner())).json<
      Record<string, { url: string[] }>
    >()
    const answer = await ask(map[format]?.url[0] ?? '', asOwner())
    expect(answer.headers.get('content-type')).toBe(type)
    const rows =
      format === 'ndjson'
        ? answer.text
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line))
        : (answer.json<{ rows?: never[]; features?: never[] }>().rows ??
          answer.json<{ features: never[] }>().features)
    expect(rows).toHaveLength(2)
    const point = { type: 'Point', coordinates: [expect.any(Number), expect.any(Number)] }
    expect(rows[0]).toEqual(
      format === 'geojson'
        ? { type: 'Feature', geometry: point, properties: { name: 'Madrid' } }
        : { name: 'Madrid', the_geom: point },
    )
  })

  test('has tiles only when it is large', async () => {
    const q = `select i, st_point(0, 0, 4326) as geom from generate_series(1, 30001) as i`
    const map = (await ask(mapUrl('query', { q }), asOwner())).json<Record<string, unknown>>()
    expect(map.nrows).toBe(30_001)
    expect(map.geojson).toEqual({ error: expect.stringMatching(/tiles only/) })
    const answer = await send(mapUrl('query', { q, format: 'json' }), { headers: asOwner() })
    expect(answer.status).toBe(400)
  })
})

describe('cells', () => {
  const options = () => ({
    accessToken: reader.token,
    apiBaseUrl: postern.url,
    connectionName: 'default',
    aggregationExp: 'sum(n) as total, count(*) as n',
  })
  const sumOf = (cells: { properties: { total: number } }[]) =>
    cells.reduce((sum, { properties }) => sum + properties.total, 0)
  const total = places.reduce((sum, { n }) => sum + n, 0)

  /** All tiles of a zoom or resolution, as the layer of deck.gl itself reads them. */
  async function loadTiles(
    layerOf: 'H3TileLayer' | 'QuadbinTileLayer',
    data: unknown,
    tiles: string[],
  ) {
    const deck = await import('@deck.gl/carto')
    const layer = new deck[layerOf]({ id: 'layer', data } as never) as never as {
      getLoadOptions(): unknown
      context: unknown
      props: { fetch(url: string, options: unknown): Promise<unknown> }
    }
    layer.context = { resourceManager: { contains: () => false } }
    const template = (data as { tiles: string[] }).tiles[0] ?? ''
    const loaded = await Promise.all(
      tiles.map((i) =>
        layer.props.fetch(template.replace('{i}', i), {
          propName: 'data',
          layer,
          loadOptions: layer.getLoadOptions(),
        }),
      ),
    )
    return loaded.flat() as { id: string; properties: { total: number; n: number } }[]
  }

  test.each([
    ['a table', () => h3TableSource({ ...options(), tableName: 'open_cells' })],
    [
      'a query',
      () =>
        h3QuerySource({
          ...options(),
          accessToken: owner.master_key,
          sqlQuery: 'select h3, n from open_cells where n >= $1',
          queryParameters: [0],
        }),
    ],
  ])('of H3 in %s are what the layer of the client reads', async (_what, open) => {
    const source = await open()
    expect(source).toMatchObject({ minresolution: 0, maxresolution: 4 })
    const tiles = [...new Set(places.map((at) => latLngToCell(at.latitude, at.longitude, 2)))]
    const cells = await loadTiles('H3TileLayer', source, tiles)
    expect(sumOf(cells)).toBe(total)
    const expected = new Set(places.map((at) => latLngToCell(at.latitude, at.longitude, 6)))
    // A place near the edge of a fine cell can lie beyond the edge of the coarse one around it.
    expect(cells.length).toBeGreaterThan(1)
    expect(cells.length).toBeLessThanOrEqual(expected.size + 10)
  })

  test('of quadbin in a table are what the layer of the client reads', async () => {
    const source = await quadbinTableSource({
      ...options(),
      tableName: 'open_cells',
      aggregationResLevel: 3,
    })
    expect(source).toMatchObject({ minresolution: 0, maxresolution: 13 })
    const tileAt = (at: (typeof places)[number]) =>
      tileToCell(locate(at.longitude, at.latitude, 9)).toString(16)
    const tiles = [...new Set(places.map(tileAt))]
    const cells = await loadTiles('QuadbinTileLayer', source, tiles)
    const byId = new Map(cells.map(({ id, properties }) => [id, properties]))
    for (const at of places.slice(0, 20)) {
      const cell = tileToCell(locate(at.longitude, at.latitude, 12)).toString(16)
      const inside = places.filter(
        (other) => tileToCell(locate(other.longitude, other.latitude, 12)).toString(16) === cell,
      )
      expect(byId.get(cell)).toEqual({
        n: inside.length,
        total: inside.reduce((sum, { n }) => sum + n, 0),
      })
    }
  })

  test('are asked for in the words of older clients as well', async () => {
    const parameters = {
      v: '3.2',
      name: 'open_cells',
      geo_column: 'quadbin',
      aggregationExp: 'sum(n) as total',
    }
    const template = await templateOf('table', parameters, bearer(reader.token))
    expect(new URL(template).searchParams.get('spatialDataType')).toBe('quadbin')
    const cells = await ask(
      template.replace('{i}', tileToCell(world).toString(16)),
      bearer(reader.token),
    )
    expect(sumOf(cells.json())).toBe(total)
    for (const tile of ['nonsense', '8a2a1072b59ffff', '0/0/0']) {
      const answer = await send(template.replace('{i}', tile), { headers: bearer(reader.token) })
      expect(answer.status).toBe(400)
    }
  })
})

test('the layer of deck.gl draws a tile', async () => {
  const source = await vectorTableSource({
    accessToken: reader.token,
    apiBaseUrl: postern.url,
    connectionName: 'default',
    tableName: 'capitals',
    columns: ['name'],
  })
  const { VectorTileLayer } = await import('@deck.gl/carto')
  const { MVTLoader } = await import('@loaders.gl/mvt')
  const layer = new VectorTileLayer({
    id: 'layer',
    data: source,
    loaders: [MVTLoader],
  } as never) as never as {
    state: unknown
    context: unknown
    getTileData(tile: unknown): Promise<{ points: { properties: { name: string }[] } }>
  }
  layer.state = { mvt: true, binary: true }
  layer.context = { resourceManager: { contains: () => false } }
  const drawn = await layer.getTileData({ index: world, id: '0-0-0', bbox: {}, zoom: 0 })
  expect(drawn.points.properties.map(({ name }) => name)).toContain('Madrid')
})

describe('addresses', () => {
  test('carry on a token that came in one, and no other', async () => {
    const url = mapUrl('table', {
      name: 'capitals',
      format: 'tilejson',
      access_token: reader.token,
    })
    const { tiles } = (await ask(url, {})).json<{ tiles: string[] }>()
    expect(await propertiesIn(tileUrl(tiles[0] ?? '', world), {})).toHaveLength(197)
    const plain = await ask(
      mapUrl('table', { name: 'capitals', format: 'tilejson' }),
      bearer(reader.token),
    )
    expect(plain.text).not.toContain(reader.token)
  })

  test('are those that a trusted proxy was reached at', async () => {
    const answer = await ask(mapUrl('table', { name: 'capitals' }), {
      ...bearer(reader.token),
      'x-forwarded-host': 'maps.example.org',
      'x-forwarded-proto': 'https',
    })
    const { tilejson } = answer.json<{ tilejson: { url: string[] } }>()
    expect(tilejson.url[0]).toMatch(/^https:\/\/maps\.example\.org\/v3\/maps\/default\/table\?/)
  })
})

describe('what is kept of tiles', () => {
  const tileOf = (name: string) => mapUrl('table', { name }, '/0/0/0')
  const notesFor = (token: string) =>
    propertiesIn(tileOf('open_notes'), bearer(token)).then((all) => all.map(({ note }) => note))

  test('is forgotten when it was written to', async () => {
    expect(await notesFor(reader.token)).toEqual(['first'])
    await runAsOwner(postern, owner, `update open_notes set note = 'second'`)
    expect(await notesFor(reader.token)).toEqual(['second'])
    expect(await notesFor(owner.master_key)).toEqual(['second'])
    await runAsOwner(postern, owner, 'alter table open_notes rename column note to remark')
    expect(await notesFor(reader.token)).toEqual([undefined])
    await runAsOwner(postern, owner, 'alter table open_notes rename column remark to note')
  })

  test('is nothing to a credential that may not read it, or that has ended', async () => {
    const url = tileOf('open_notes')
    const token = await createToken(postern, owner, {
      allowed_apis: ['maps'],
      grants: on('public.open_notes'),
      referers: ['https://maps.example.org'],
    })
    const page = { referer: 'https://maps.example.org/' }
    const status = async (headers: Record<string, string>) => (await send(url, { headers })).status
    expect(await status({ ...bearer(token.token), ...page })).toBe(200)
    expect(await status(bearer(token.token))).toBe(403)
    expect(await status({ ...bearer(token.token), referer: 'https://other.example.org/' })).toBe(
      403,
    )
    const key = await createKey(postern, owner, { tables: [] })
    expect(await status(bearer(key.token))).toBe(403)
    await tokensApi(postern, owner.master_key).edit(token.id, { grants: on('public.capitals') })
    expect(await status({ ...bearer(token.token), ...page })).toBe(403)
    await tokensApi(postern, owner.master_key).edit(token.id, { grants: on('public.open_notes') })
    expect(await status({ ...bearer(token.token), ...page })).toBe(200)
    await tokensApi(postern, owner.master_key).remove(token.id)
    expect(await status({ ...bearer(token.token), ...page })).toBe(401)
  })

  test('ends with the right to read it', async () => {
    const key = await createKey(postern, owner, {
      tables: [{ name: 'open_notes', permissions: ['select'] }],
    })
    expect(await notesFor(key.token)).toHaveLength(1)
    const holders = await runAsOwner(
      postern,
      owner,
      `select distinct grantee::regrole::text as name
       from pg_class, aclexplode(relacl) where relname = 'open_notes' and grantee <> relowner`,
    )
    for (const { name } of holders) {
      await runAsOwner(postern, owner, `revoke select on open_notes from ${name}`)
    }
    const answer = await send(tileOf('open_notes'), { headers: bearer(key.token) })
    expect(answer.status).toBe(403)
    expect(await notesFor(owner.master_key)).toHaveLength(1)
  })

  test('is nothing to the public any more once a dataset is private', async () => {
    await runAsOwner(
      postern,
      owner,
      'create table shown as select 1 as id, st_point(1, 1, 4326) as geom',
    )
    const setPrivacy = async (privacy: string) => {
      const answer = await send(`${postern.url}/user/demo/api/v1/viz/shown`, {
        method: 'PUT',
        headers: {
          authorization: `Basic ${Buffer.from(`demo:${owner.master_key}`).toString('base64')}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify({ privacy }),
      })
      expect(answer.status, answer.text).toBe(200)
    }
    const status = async () =>
      (await send(`${postern.url}/user/demo/v3/maps/default/table/0/0/0?name=shown`)).status
    await setPrivacy('PUBLIC')
    expect(await status()).toBe(200)
    await setPrivacy('PRIVATE')
    expect(await status()).toBe(403)
  })

  test('is shared by no two roles where what they see depends on who they are', async () => {
    const tables = ['rows_of', 'whoever'].map((name) => ({ name, permissions: ['select'] }))
    const [one, two] = await Promise.all([1, 2].map(() => createKey(postern, owner, { tables })))
    const seen = async (name: string, token = '') =>
      (await propertiesIn(tileOf(name), bearer(token))).map(({ who }) => who).sort()
    expect(await seen('rows_of', owner.master_key)).toEqual(['everybody', 'owner'])
    expect(await seen('rows_of', one?.token)).toEqual(['everybody'])
    const names = await Promise.all(
      [owner.master_key, one?.token, two?.token].map((token) => seen('whoever', token)),
    )
    expect(new Set(names.flat()).size).toBe(3)
  })
})
