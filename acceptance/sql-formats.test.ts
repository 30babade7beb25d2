import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AccountCredentials, type Postern, startPostern } from './support/postern.ts'
import { type Answer, basic, send, sql } from './support/requests.ts'

let postern: Postern
let owner: AccountCredentials

beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.createAccount('owner')
})
afterAll(() => postern.stop())

const asMaster = (q: string, parameters: Record<string, string> = {}) =>
  sql(postern, owner.account, q, owner.master_key, parameters)

type Result = { readonly rows: readonly Record<string, unknown>[]; readonly fields: object }

const numbers = "select i as id, 'n' || i as name from generate_series(1, 25) as i"

describe('parameters of the statement', () => {
  test('a page is so many rows from a multiple of them on, counted from zero', async () => {
    const page = async (parameters: Record<string, string>) =>
      (await asMaster(`${numbers};`, parameters)).json<Result>().rows.map(({ id }) => id)
    expect(await page({ rows_per_page: '3', page: '1' })).toEqual([4, 5, 6])
    expect(
      await page({ rows_per_page: '3', page: '0', order_by: 'id', sort_order: 'desc' }),
    ).toEqual([25, 24, 23])
    expect(await page({ rows_per_page: '3' })).toHaveLength(25)
    expect(await page({ rows_per_page: 'x', page: '1' })).toHaveLength(25)
  })

  test('an order is by a name, whatever stands in it', async () => {
    const answer = await asMaster(numbers, { order_by: 'id"; drop table x; --' })
    expect(answer.status).toBe(400)
    expect(answer.json()).toEqual({
      error: ['column "id"; drop table x; --" does not exist'],
    })
  })

  test('skipped fields are neither in rows nor among the fields', async () => {
    const { rows, fields } = (
      await asMaster('select 1 as a, 2 as b, 3 as c', { skipfields: 'a,c' })
    ).json<Result>()
    expect(rows).toEqual([{ b: 2 }])
    expect(Object.keys(fields)).toEqual(['b'])
    const features = await asMaster('select st_point(1,2) as the_geom, 1 as a, 2 as b', {
      format: 'geojson',
      skipfields: 'a',
    })
    expect(features.json<{ features: object[] }>().features).toMatchObject([
      { geometry: { type: 'Point' }, properties: { b: 2 } },
    ])
    expect(features.text).not.toContain('"a"')
  })

  test('dp is the number of decimal places, and nothing else', async () => {
    const point = (dp: string) =>
      asMaster('select st_point(1.23456789, 2) as the_geom', { format: 'geojson', dp })
    expect((await point('2')).text).toContain('[1.23,2]')
    const answer = await point('2) from pg_authid --')
    expect(answer.status).toBe(400)
    expect(answer.json()).toEqual({ error: ['dp must be a whole number from 0 to 15.'] })
  })
})

describe('a script that calls a function', () => {
  const ask = (parameters: string) => send(`${postern.url}/user/owner/api/v2/sql?${parameters}`)

  function expectScript(answer: Answer, pattern: RegExp): unknown {
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('application/javascript; charset=utf-8')
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    const argument = pattern.exec(answer.text)?.[1]
    expect(argument, answer.text).toBeDefined()
    return JSON.parse(argument ?? '')
  }

  test('has the answer as its argument', async () => {
    expect(
      expectScript(await ask('q=select+1+as+a&callback=a.b_1'), /^a\.b_1\((.*)\)$/),
    ).toMatchObject({ rows: [{ a: 1 }] })
    const features = await ask('q=select+st_point(1,2)+as+the_geom&format=geojson&callback=f')
    expect(expectScript(features, /^f\((.*)\)$/)).toMatchObject({ type: 'FeatureCollection' })
  })

  test.each([
    ['q=selec', 'syntax error at or near "selec"'],
    ['', 'You must indicate a sql query'],
    ['q=select+1&api_key=wrong', 'Unauthorized'],
    ['q=select+1&format=xyz', 'Invalid format: xyz'],
  ])('is told of an error with status 200: %s [42]', async (parameters, sentence) => {
    const answer = await ask(`${parameters}&callback=cb`)
    expect(expectScript(answer, /^\/\*\*\/ typeof cb === 'function' && cb\((.*)\);$/)).toEqual({
      error: [sentence],
    })
  })

  test('is not made of anything but a name', async () => {
    for (const q of ['select 1', 'selec']) {
      const answer = await ask(`q=${q}&callback=${encodeURIComponent('alert(1);f')}`)
      expect(answer.status).toBe(400)
      expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
      expect(answer.text).not.toContain('alert')
    }
  })

  test('is not made of a format that is no JSON', async () => {
    const answer = await ask('q=select+1+as+a&format=csv&callback=f')
    expect(answer.text).toBe('a\r\n1\r\n')
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present')
  })
})

describe('what an answer says of itself', () => {
  test.each(['select 1', 'selec'])('%j: account, node and client', async (q) => {
    const answer = await asMaster(q, { client: 'cps-1.11.3\r\nX: é' })
    expect(answer.headers.get('carto-user')).toBe('owner')
    expect(answer.headers.get('carto-user-id')).toMatch(/^[0-9a-f-]{36}$/)
    expect(answer.headers.get('carto-client')).toBe('cps-1.11.3__X: _')
    expect(answer.headers.get('x-served-by-host')).toMatch(/^[0-9a-f]{8}$/)
  })
})

describe('CSV', () => {
  test('is what the rows are as text, the geometry first', async () => {
    const answer = await asMaster(
      `select 1 as id, 'a "b", c' as name, true as flag, null as nothing, '' as empty,
              st_point(1, 2, 4326) as the_geom, '2026-01-02 03:04:05.5+00'::timestamptz as at,
              array['x', 'y z'] as list, 'ab'::char(5) as padded`,
      { format: 'csv', filename: 'trees.zip' },
    )
    expect(answer.status, answer.text).toBe(200)
    expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename=trees\.csv; /)
    expect(answer.text).toBe(
      'the_geom,id,name,flag,nothing,empty,at,list,padded\r\n' +
        '0101000020E6100000000000000000F03F0000000000000040,1,"a ""b"", c",true,,"",' +
        '2026-01-02 03:04:05.5+00,"{x,""y z""}",ab\r\n',
    )
  })

  test('of no rows is its header', async () => {
    const answer = await asMaster('select 1 as a, 2 as b where false', { format: 'csv' })
    expect(answer.text).toBe('a,b\r\n')
  })

  test('keeps an early error for itself and breaks off at a late one', async () => {
    const early = await asMaster('select 1/0 as a', { format: 'csv' })
    expect([early.status, early.json()]).toEqual([400, { error: ['division by zero'] }])
    const late = send(`${postern.url}/user/owner/api/v2/sql`, {
      method: 'POST',
      headers: basic(owner.account, owner.master_key),
      body: new URLSearchParams({
        q: "select 1/(100000 - i) as a, repeat('x', 100) as t from generate_series(1, 100000) as i",
        format: 'csv',
      }),
    })
    await expect(late).rejects.toThrow()
  })
})

describe('SVG', () => {
  const svg = async (q: string, parameters: Record<string, string> = {}) => {
    const answer = await asMaster(q, { format: 'svg', ...parameters })
    expect(answer.status, answer.text).toBe(200)
    expect(answer.headers.get('content-type')).toBe('image/svg+xml; charset=utf-8')
    return answer.text
  }

  test('fits everything into its box', async () => {
    const text = await svg(
      `select st_geomfromtext(wkt, 4326) as the_geom from (values
         ('POINT(0 0)'), ('LINESTRING(0 0,8 4)'), ('POLYGON((0 0,8 0,8 4,0 4,0 0))'),
         ('MULTIPOINT((4 2),(8 4))'), ('POINT EMPTY'), (null)) as v (wkt)`,
      { dp: '1' },
    )
    expect(text).toContain('viewBox="0 0 1024 768"')
    expect(text.match(/<circle r="5" cx="[\d.]+" cy="[\d.]+"\/>/g)).toEqual([
      '<circle r="5" cx="0" cy="640"/>',
      '<circle r="5" cx="512" cy="384"/>',
      '<circle r="5" cx="1024" cy="128"/>',
    ])
    expect(text).toContain('<path d="M 0 640 L 1024 128"/>')
    expect(text.match(/<path/g)).toHaveLength(2)
    expect(text).toMatch(/<\/g>\n<\/svg>\n$/)
  })

  test('puts a single point into the middle, and nothing into an empty box', async () => {
    expect(await svg('select st_point(7, 7, 4326)::geography as the_geom')).toContain(
      '<circle r="5" cx="512" cy="384"/>',
    )
    expect(await svg('select st_point(1, 2) as the_geom where false')).not.toContain('<circle')
  })

  test('needs the column the_geom', async () => {
    const answer = await asMaster('select 1 as a', { format: 'svg' })
    expect([answer.status, answer.json()]).toEqual([
      400,
      { error: ['column "the_geom" does not exist'] },
    ])
  })
})

describe('TopoJSON', () => {
  test('shares arcs, and keeps properties', async () => {
    const answer = await asMaster(
      `select i as id, 'x' as name, st_makeenvelope(i, 0, i + 1, 1, 4326) as the_geom
       from generate_series(0, 1) as i`,
      { format: 'topojson', skipfields: 'name' },
    )
    expect(answer.status, answer.text).toBe(200)
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(answer.headers.get('content-disposition')).toContain('cartodb-query.topojson')
    const { arcs, objects } = answer.json<{ arcs: object[]; objects: object }>()
    expect(arcs).toHaveLength(3)
    expect(objects).toMatchObject({
      0: { type: 'Polygon', properties: { id: 0 } },
      1: { type: 'Polygon', properties: { id: 1 } },
    })
  })

  test('of points is valid, and can be the argument of a function', async () => {
    const q = 'select st_point(1, 2, 4326) as the_geom'
    const answer = await asMaster(q, { format: 'topojson', callback: 'f' })
    expect(answer.headers.get('content-type')).toBe('application/javascript; charset=utf-8')
    expect(JSON.parse(/^f\((.*)\)$/.exec(answer.text)?.[1] ?? '')).toMatchObject({
      objects: { 0: { type: 'Point' } },
      arcs: [],
    })
  })
})

describe('arraybuffer', () => {
  test('is typed arrays', async () => {
    const response = await fetch(
      `${postern.url}/user/owner/api/v2/sql?format=arraybuffer&q=${encodeURIComponent(
        'select i as id, i / 2.0 as half from generate_series(1, 3) as i',
      )}`,
    )
    expect(response.headers.get('content-type')).toBe('application/octet-stream')
    const bytes = await response.arrayBuffer()
    const data = 16 + new DataView(bytes).getUint32(8, true)
    expect([...new Int32Array(bytes, data, 3)]).toEqual([1, 2, 3])
    expect([...new Float64Array(bytes, data + 16, 3)]).toEqual([0.5, 1, 1.5])
  })

  test('does not hold geometries', async () => {
    const answer = await asMaster('select st_point(1, 2) as the_geom', { format: 'arraybuffer' })
    expect([answer.status, answer.json()]).toEqual([
      400,
      { error: ['geometry types are not supported'] },
    ])
  })
})
