import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { exchange, requestText } from './support/exchange.ts'
import { type AccountCredentials, type Postern, startPostern } from './support/postern.ts'
import { type Answer, basic, send } from './support/requests.ts'
import { expectSurfaceError, type SurfaceName } from './support/surface-errors.ts'

// Whatever is sent, the answer is the documented error of its surface: never a 500, never HTML,
// never silence; and the server goes on serving.

let postern: Postern
let demo: AccountCredentials

beforeAll(async () => {
  postern = await startPostern()
  demo = postern.demo
  for (const text of unfinished.values()) {
    const answer = exchange(postern.port, text)
    // Looked at later, when there is one.
    answer.catch(() => {})
    answersToUnfinished.set(text, answer)
  }
})
afterEach(async () => {
  const answer = await send(`${demo.base_url}/api/v2/sql?q=select+1+as+one`)
  expect(answer.text).toContain('{"rows":[{"one":1}]')
})
afterAll(async () => {
  const written = postern.output()
  await postern.stop()
  // Nothing was ours to mend.
  expect(written).not.toContain('internal_error')
})

const paths: Readonly<Record<SurfaceName, string>> = {
  sql: '/api/v2/sql',
  maps: '/v3/maps/default/table',
  keys: '/api/v3/api_keys',
}

const form = 'Content-Type: application/x-www-form-urlencoded'
const json = 'Content-Type: application/json'

/** Requests of which less comes than they say. */
const unfinished = new Map(
  (
    [
      ['sql', form, 'q=select+1'],
      ['sql', json, '{"q":"select 1"}'],
      ['sql', 'Content-Type: text/plain', 'q=select+1'],
      ['sql', 'Content-Type: multipart/form-data; boundary=b', '--b\r\n'],
      ['maps', json, '{"name":"capitals"}'],
      ['keys', json, '{"name":"x"}'],
    ] as const
  ).map(([surface, type, body]) => [
    `${surface}: ${type}`,
    requestText(`/user/demo${paths[surface]}?api_key=default_public`, {
      method: 'POST',
      headers: [type, 'Content-Length: 1000'],
      body,
    }),
  ]),
)
const headThatDoesNotEnd = 'GET /user/demo/api/v2/sql HTTP/1.1\r\nHost: x\r\n'
unfinished.set('a head', headThatDoesNotEnd)
/** They are waited for by the server, not by these tests: all are sent at the beginning. */
const answersToUnfinished = new Map<string, ReturnType<typeof exchange>>()

const surfaces = Object.keys(paths) as SurfaceName[]

/** Values with what to call them by, for some are long. */
function named<T>(values: readonly T[]): (readonly [name: string, value: T])[] {
  return values.map((value) => [(JSON.stringify(value) ?? 'undefined').slice(0, 60), value])
}

async function expectError(
  surface: SurfaceName,
  asked: Promise<Answer>,
  status: number | readonly number[],
  sentence?: string | RegExp,
): Promise<void> {
  const answer = await asked
  expectSurfaceError(surface, { status: answer.status, body: answer.text }, status, sentence)
}

/** Sends a body with the master key, which may do everything that a body is needed for. */
function post(
  surface: SurfaceName,
  body: string | Uint8Array<ArrayBuffer> | URLSearchParams | FormData,
  contentType?: string,
): Promise<Answer> {
  return send(demo.base_url + paths[surface], {
    method: 'POST',
    headers: {
      ...basic('demo', demo.master_key),
      ...(contentType !== undefined && { 'content-type': contentType }),
    },
    body,
  })
}

const postJson = (surface: SurfaceName, value: unknown) =>
  post(surface, typeof value === 'string' ? value : JSON.stringify(value), 'application/json')
const get = (path: string, headers: Record<string, string> = {}) =>
  send(demo.base_url + path, { headers })
const query = (parameters: Record<string, string>) => `?${new URLSearchParams(parameters)}`

describe('what is not there', () => {
  test('an account', async () => {
    const at = (surface: SurfaceName) =>
      send(`${postern.url}/user/nowhere${paths[surface]}?q=select+1&name=capitals`, {
        headers: { authorization: 'Bearer default_public' },
      })
    await expectError(
      'sql',
      at('sql'),
      404,
      "Sorry, we can't find CARTO user 'nowhere'. Please check that you have entered the correct domain.",
    )
    await expectError('maps', at('maps'), 401, 'Invalid token')
    await expectError('keys', at('keys'), 401)
  })

  test('a key', async () => {
    const headers = { authorization: 'Bearer pstrnowhere' }
    await expectError('sql', get(`${paths.sql}?q=select+1`, headers), 401, 'Unauthorized')
    await expectError('maps', get(`${paths.maps}?name=capitals`, headers), 401, 'Invalid token')
    await expectError('keys', get(paths.keys, headers), 401)
    await expectError(
      'keys',
      get(`${paths.keys}/nowhere`, basic('demo', demo.master_key)),
      404,
      'API key not found: nowhere',
    )
  })

  test('a table', async () => {
    await expectError(
      'sql',
      get(`${paths.sql}?q=select+*+from+nowhere`),
      400,
      'relation "nowhere" does not exist',
    )
    const denied = "You don't have permissions to read this resource"
    await expectError('maps', get(`${paths.maps}?name=nowhere`), 403, denied)
    await expectError('maps', get(`${paths.maps}/0/0/0?name=nowhere`), 403, denied)
  })

  test.each(['xml', 'JSON;', '<script>', '__proto__', 'csv\0', 'geo json'])(
    'the format %j',
    async (format) => {
      const said = `Invalid format: ${format}`
      await expectError('sql', get(paths.sql + query({ q: 'select 1', format })), 400, said)
      await expectError('maps', get(paths.maps + query({ name: 'capitals', format })), 400, said)
    },
  )

  test.each(named(['nowhere', 'DEFAULT', 'default ', '%00', "default'--", 'x'.repeat(900)]))(
    'the connection %s',
    async (_, connection) => {
      const path = `/v3/maps/${encodeURIComponent(connection)}/table`
      await expectError('maps', get(`${path}?name=capitals`), 404, 'Connection not found')
      await expectError('maps', get(`${path}/0/0/0?name=capitals`), 404, 'Connection not found')
    },
  )

  test.each([
    ['sql', '/nowhere'],
    ['sql', '/api'],
    ['sql', '/api/v2/sql/'.repeat(3)],
    ['sql', '/api/v2/sql;q=1'],
    ['sql', '/favicon.ico'],
    ['maps', '/v3/maps'],
    ['maps', '/v3/maps/default/table/0/0'],
    ['maps', '/v3/maps/default/table/0/0/0/0'],
    ['keys', '/api/v3/nowhere'],
    ['keys', '/api/v3/api_keys/a/b'],
  ] as const)('on %s the address %s', async (surface, path) => {
    await expectError(surface, get(path), 404, 'There is nothing at this address.')
  })
})

describe('JSON', () => {
  test.each([
    '{',
    '{"q":',
    '{"q": "select 1"',
    '{"q": "select 1"} and more',
    "{'q': 'select 1'}",
    '{"q": "select 1",}',
    '{"q": NaN}',
    '{"q": "\u0000"}',
    '"\ud800',
    '\ufeff{"q": "select 1"}',
    'q=select 1',
    ' ',
    ']',
  ])('that is not JSON: %j', async (text) => {
    for (const surface of surfaces) {
      await expectError(
        surface,
        postJson(surface, text),
        400,
        'The request body is not valid JSON.',
      )
    }
  })

  test.each(['', 'null', '[]', '"select 1"', '5', 'true', '{}', '[{"q": "select 1"}]'])(
    'that says nothing: %j',
    async (text) => {
      await expectError('sql', postJson('sql', text), 400, 'You must indicate a sql query')
      await expectError('maps', postJson('maps', text), 400, 'The parameter "name" is missing.')
      await expectError(
        'keys',
        postJson('keys', text),
        422,
        /^Validation failed: Name can't be blank/,
      )
    },
  )

  test.each<{ value: unknown }>([
    { value: null },
    { value: 1 },
    { value: true },
    { value: [] },
    { value: ['select 1'] },
    { value: {} },
    { value: { toString: 'select 1' } },
  ])('with $value where a text belongs', async ({ value }) => {
    await expectError('sql', postJson('sql', { q: value }), 400, 'You must indicate a sql query')
    await expectError('maps', postJson('maps', { name: value }), 400, /"name"/)
    await expectError('keys', postJson('keys', { name: value, grants: [] }), 422)
    if (value === null) return
    await expectError('maps', postJson('maps', { name: 'capitals', columns: value }), 400)
    await expectError('maps', postJson('maps', { name: 'capitals', format: value }), 400)
    await expectError('sql', postJson('sql', { q: 'select 1', format: value }), 400)
  })

  test.each([
    ['arrays', '['.repeat(100_000) + ']'.repeat(100_000)],
    ['objects', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
    ['arrays that do not end', '['.repeat(100_000)],
  ])('of 100,000 %s', async (_, deep) => {
    for (const surface of surfaces) {
      await expectError(surface, postJson(surface, deep), [400, 422])
      for (const member of ['q', 'name', 'grants', 'api_key', 'format']) {
        await expectError(surface, postJson(surface, `{"${member}":${deep}}`), [400, 422])
      }
    }
    const grants = `[{"type":"apis","apis":[]},{"type":"database","tables":[${deep}]}]`
    await expectError('keys', postJson('keys', `{"name":"deep","grants":${grants}}`), [400, 422])
  })

  test('with half a surrogate pair', async () => {
    await expectError(
      'sql',
      postJson('sql', String.raw`{"q": "select '\ud800'"}`),
      400,
      'The statement contains a character that PostgreSQL cannot store.',
    )
    await expectError('maps', postJson('maps', String.raw`{"name": "\udc00"}`), 400)
    await expectError('keys', postJson('keys', String.raw`{"name": "\ud800x", "grants": []}`), 422)
    await expectError(
      'sql',
      postJson('sql', String.raw`{"q": "select 1", "format": "\ud800"}`),
      400,
    )
  })

  test('with the names of what every object has', async () => {
    for (const name of ['__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'toString']) {
      const answer = await postJson('sql', `{"q":"select 1 as one","${name}":{"q":"select 2"}}`)
      expect(answer.json().rows).toEqual([{ one: 1 }])
    }
  })
})

describe('the Authorization header', () => {
  test.each(
    named([
      'Basic',
      'Basic ',
      'Basic %%%',
      'Basic ZGVtbw==',
      `Basic ${Buffer.from([0xff, 0x3a, 0xff]).toString('base64')}`,
      'Basic ZGVtbzp4 and more',
      'Basic ZGVtbzp4\tx',
      'Bearer',
      'Bearer ',
      'Bearer a b',
      'Digest username="demo"',
      'Negotiate abc',
      'basic:ZGVtbzp4',
      'x'.repeat(10_000),
    ]),
  )("%s is nobody's", async (_, authorization) => {
    await expectError('sql', get(`${paths.sql}?q=select+1`, { authorization }), 401, 'Unauthorized')
    await expectError(
      'maps',
      get(`${paths.maps}?name=capitals`, { authorization }),
      401,
      'Invalid token',
    )
    await expectError('keys', get(paths.keys, { authorization }), 401)
  })

  test.each(
    named([
      'a\0b',
      '\ud800',
      'x'.repeat(20_000),
      '../demo',
      'default_public\0',
      ' default_public',
      'ｄefault_public',
    ]),
  )('nor is the token %s', async (_, token) => {
    for (const place of ['api_key', 'map_key', 'access_token']) {
      const parameters = query({ q: 'select 1', name: 'capitals', [place]: token })
      await expectError('sql', get(paths.sql + parameters), 401, 'Unauthorized')
      await expectError('maps', get(paths.maps + parameters), 401, 'Invalid token')
      await expectError('keys', get(paths.keys + parameters), 401)
    }
  })
})

describe('grants', () => {
  const apis = { type: 'apis', apis: ['sql'] }
  const table = { schema: 'public', name: 'capitals', permissions: ['select'] }

  test.each(
    named([
      undefined,
      null,
      {},
      'x',
      '[]',
      5,
      true,
      [],
      [null],
      [1],
      [[]],
      [{}],
      [{ type: 1 }],
      [{ type: 'apis' }],
      [{ type: 'apis', apis: null }],
      [{ type: 'apis', apis: ['nowhere'] }],
      [{ type: 'apis', apis: [null] }],
      [{ type: '__proto__' }],
      [apis, apis],
      [apis, { type: 'database', tables: null }],
      [apis, { type: 'database', tables: {} }],
      [apis, { type: 'database', tables: [null] }],
      [apis, { type: 'database', tables: [{ ...table, schema: 1 }] }],
      [apis, { type: 'database', tables: [{ ...table, name: null }] }],
      [apis, { type: 'database', tables: [{ ...table, name: 'nowhere' }] }],
      [apis, { type: 'database', tables: [{ ...table, permissions: 'select' }] }],
      [apis, { type: 'database', tables: [{ ...table, permissions: ['read'] }] }],
      [apis, { type: 'database', tables: [{ schema: 'public' }] }],
      [apis, { type: 'database', schemas: [{ name: 'nowhere', permissions: ['create'] }] }],
      [apis, { type: 'database', tables: Array(20_000).fill(table) }],
    ]),
  )('%s', async (_, grants) => {
    await expectError('keys', postJson('keys', { name: 'bad', grants }), 422)
  })

  test.each(
    named([
      undefined,
      null,
      5,
      {},
      [],
      '',
      ' ',
      '\0',
      'a\0',
      'Master',
      'Default public',
      'x'.repeat(2_000),
      'x'.repeat(1_000_000),
    ]),
  )('for the name %s', async (_, name) => {
    await expectError('keys', postJson('keys', { name, grants: [apis] }), 422)
  })

  test.each(named(['%00', 'x'.repeat(5_000), '%F0%9F%92%A5', '..%2f..%2fMaster', '%25', 'null']))(
    'of the key that is called %s',
    async (_, name) => {
      const headers = basic('demo', demo.master_key)
      await expectError('keys', get(`${paths.keys}/${name}`, headers), 404)
      const remove = send(`${demo.base_url}${paths.keys}/${name}`, { method: 'DELETE', headers })
      await expectError('keys', remove, 404)
    },
  )

  test.each([
    'page=0',
    'page=-1',
    'page=x',
    'page=1e9',
    'page=99999999999999999999',
    'per_page=0',
    'per_page=%00',
    'page=1&page=2',
    'order=x',
    'order_direction=up',
    'type=x',
    'type=master,x',
  ])('in a list with %s', async (parameters) => {
    const answer = await get(`${paths.keys}?${parameters}`, basic('demo', demo.master_key))
    if (answer.status === 200) expect(answer.json().count).toBe(0)
    else expectSurfaceError('keys', { status: answer.status, body: answer.text }, 400)
  })
})

test.each([
  '31/0/0',
  '-1/0/0',
  'a/0/0',
  '1.5/0/0',
  '1e1/0/0',
  '0x0/0/0',
  '%20/0/0',
  '+1/0/0',
  '%D9%A0/0/0',
  '99999999999999999999/0/0',
  '0/1/0',
  '0/-1/0',
  '0/a/0',
  '0/99999999999999999999/0',
  '0/0/1',
  '0/0/-1',
  '0/0/b',
  '0/0/0.mvt',
  '0/0/0x',
  '0/0/%00',
  '0/0/NaN',
  '30/1073741824/0',
  "0/0/'--",
])('the tile %s', async (tile) => {
  await expectError(
    'maps',
    get(`${paths.maps}/${tile}?name=capitals`),
    400,
    /^Invalid tile coordinates: (zoom|x|y) must be a whole number from 0 to \d+$/,
  )
})

describe('SQL', () => {
  const asForm = (q: string) => new URLSearchParams({ q })
  const asPublic = (q: string) =>
    send(demo.base_url + paths.sql, { method: 'POST', body: asForm(q) })

  test('of a megabyte', async () => {
    const long = `select 1 -- ${'x'.repeat(1024 * 1024)}`
    await expectError('sql', asPublic(long), 413, /^The SQL statement is too long/)
    await expectError('sql', post('sql', asForm(long)), 413, /^The SQL statement is too long/)
  })

  test('of nine megabytes, which is more than any body may have', async () => {
    const long = `select 1 -- ${'x'.repeat(9 * 1024 * 1024)}`
    for (const surface of surfaces) {
      const asked = postJson(surface, { q: long, name: long })
      await expectError(surface, asked, 413, 'The request body is too large.')
    }
    await expectError('sql', asPublic(long), 413, 'The request body is too large.')
    const body = new FormData()
    body.set('q', long)
    await expectError('sql', post('sql', body), 413, 'The request body is too large.')
  })

  test('in an address that is too long', async () => {
    const answer = await exchange(
      postern.port,
      requestText(`/user/demo/api/v2/sql?q=${'x'.repeat(70_000)}`),
    )
    expectSurfaceError('sql', answer, 431, 'The request headers are too large.')
  })

  test.each([
    ['50,000 parentheses', `select ${'('.repeat(50_000)}1${')'.repeat(50_000)}`],
    ['50,000 parentheses that do not close', `select ${'('.repeat(50_000)}`],
    ['50,000 additions', `select 1${'+1'.repeat(50_000)}`],
    ['5,000 additions', `select 1${'+1'.repeat(5_000)}`],
    ['30,000 negations', `select ${'not '.repeat(30_000)}true`],
    ['30,000 signs', `select ${'- '.repeat(30_000)}1`],
    ['5,000 subqueries', `${'select * from ('.repeat(5_000)}select 1${') as a'.repeat(5_000)}`],
    ['10,000 arrays', `select ${'array['.repeat(10_000)}1${']'.repeat(10_000)}`],
    ['5,000 cases', `select ${'case when true then '.repeat(5_000)}1${' end'.repeat(5_000)}`],
    ['5,000 columns', `select 1${',1'.repeat(5_000)}`],
    ['60,000 open comments', '/*'.repeat(60_000)],
    ['60,000 comments', `select 1 ${'/**/'.repeat(30_000)}`],
    ['100,000 pluses', `select ${'+'.repeat(100_000)}1`],
    ['as many pluses as may stand together', `select ${`${'+'.repeat(200)}1,`.repeat(600)}x`],
  ])('with %s', async (_, q) => {
    await expectError('sql', asPublic(q), [400, 413, 429])
    await expectError('sql', post('sql', asForm(q)), [400, 413, 429])
    const geojson = new URLSearchParams({ q, format: 'geojson' })
    await expectError('sql', post('sql', geojson), [400, 413, 429])
  })

  test('with a NUL', async () => {
    const said = 'The statement contains a character that PostgreSQL cannot store.'
    for (const q of ['\0', 'select 1\0', '\0select 1', "select '\0'"]) {
      await expectError('sql', asPublic(q), 400, said)
      await expectError('sql', get(paths.sql + query({ q })), 400, said)
      await expectError('sql', postJson('sql', { q }), 400, said)
    }
  })

  test('twice', async () => {
    const missing = 'You must indicate a sql query'
    await expectError('sql', get(`${paths.sql}?q=select+1&q=select+2`), 400, missing)
    await expectError(
      'sql',
      post('sql', new URLSearchParams('q=select+1&q=select+2')),
      400,
      missing,
    )
    await expectError('sql', get(`${paths.sql}?q[]=select+1&q[]=select+2`), 400, missing)
    await expectError('maps', get(`${paths.maps}?name=capitals&name=surveys`), 400)
    await expectError('maps', get(`${paths.maps}?name=capitals&columns=a&columns=b`), 400)
  })
})

describe('bodies', () => {
  test.each([
    'text/plain',
    'application/xml',
    'application/octet-stream',
    'application/sql',
    'image/png',
    'x/y',
  ])('of the type %s are not read', async (type) => {
    await expectError('sql', post('sql', 'q=select+1', type), 400, 'You must indicate a sql query')
    await expectError('maps', post('maps', 'name=x', type), 415)
    await expectError('keys', post('keys', 'name=x', type), 422)
  })

  test.each([';;;', 'json', '/', 'application', 'application/json, text/plain', 'a/b/c'])(
    'of a type that is none: %s',
    async (type) => {
      for (const surface of surfaces) {
        await expectError(surface, post(surface, '{}', type), [400, 415, 422])
      }
    },
  )

  test.each([
    ['no boundary', 'multipart/form-data', 'q=select+1'],
    ['an empty boundary', 'multipart/form-data; boundary=', 'q=select+1'],
    [
      'no end',
      'multipart/form-data; boundary=b',
      '--b\r\nContent-Disposition: form-data; name="q"\r\n\r\nselect 1',
    ],
    ['no part', 'multipart/form-data; boundary=b', '--b--'],
    [
      'a part without a name',
      'multipart/form-data; boundary=b',
      '--b\r\nContent-Disposition: form-data\r\n\r\nselect 1\r\n--b--\r\n',
    ],
    [
      'a file',
      'multipart/form-data; boundary=b',
      '--b\r\nContent-Disposition: form-data; name="q"; filename="q.sql"\r\n\r\nselect 1\r\n--b--\r\n',
    ],
    [
      'another boundary',
      'multipart/form-data; boundary=b',
      '--c\r\nContent-Disposition: form-data; name="q"\r\n\r\nselect 1\r\n--c--\r\n',
    ],
    ['rubbish', 'multipart/form-data; boundary=b', '\0\x01\x02'],
    [
      '200 parts',
      'multipart/form-data; boundary=b',
      `${'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n'.repeat(200)}--b--\r\n`,
    ],
  ])('of multipart with %s', async (_, type, body) => {
    for (const surface of surfaces) {
      await expectError(surface, post(surface, body, type), [400, 413, 422])
    }
  })

  test('of a form that is not UTF-8', async () => {
    const bytes = Buffer.concat([
      Buffer.from("q=select '"),
      Buffer.from([0xff, 0xc0, 0xaf]),
      Buffer.from("' as text"),
    ])
    const answer = await post('sql', new Uint8Array(bytes), 'application/x-www-form-urlencoded')
    expect(answer.json().rows).toEqual([{ text: '\ufffd\ufffd\ufffd' }])
    const encoded = await post(
      'sql',
      "q=select '%ff%c0%af' as text",
      'application/x-www-form-urlencoded',
    )
    expect(encoded.json().rows).toEqual([{ text: '\ufffd\ufffd\ufffd' }])
  })

  test('of a form with 10,000 fields', async () => {
    const fields = `${'a=1&'.repeat(10_000)}q=select+1`
    await expectError(
      'sql',
      post('sql', fields, 'application/x-www-form-urlencoded'),
      400,
      'You must indicate a sql query',
    )
  })

  test('that are empty and called JSON on a GET', async () => {
    const headers = { 'content-type': 'application/json' }
    expect((await get(`${paths.sql}?q=select+1`, headers)).status).toBe(200)
    expect((await get(`${paths.maps}?name=capitals`, headers)).status).toBe(200)
  })
})

describe('lengths that are not true', () => {
  test.each([...unfinished])('more than comes, %s', async (_, text) => {
    const waited = await answersToUnfinished.get(text)
    expect(waited?.status).toBe(408)
    if (text === headThatDoesNotEnd) return
    expect(JSON.parse(waited?.body ?? '')).toEqual({
      error: ['The request took too long to arrive.'],
    })
    const ended = await exchange(postern.port, text, { thenEnd: true })
    expect([400, undefined]).toContain(ended.status)
  })

  test('less than comes', async () => {
    const text = requestText('/user/demo/api/v2/sql', {
      method: 'POST',
      headers: [form, 'Content-Length: 10', 'Connection: keep-alive'],
      body: 'q=select+1 and this is no request',
    })
    const { status } = await exchange(postern.port, text)
    expect([200, 400]).toContain(status)
  })

  test.each([
    ['two of them', ['Content-Length: 3', 'Content-Length: 4'], 'abcd'],
    ['two in one', ['Content-Length: 3, 4'], 'abcd'],
    ['a negative one', ['Content-Length: -1'], 'abcd'],
    ['letters', ['Content-Length: ten'], 'abcd'],
    ['a huge one', ['Content-Length: 99999999999999999999999'], 'abcd'],
    ['one beside chunks', ['Content-Length: 3', 'Transfer-Encoding: chunked'], '0\r\n\r\n'],
    ['chunks twice', ['Transfer-Encoding: chunked, chunked'], '0\r\n\r\n'],
    ['an unknown coding', ['Transfer-Encoding: rot13'], 'abcd'],
    ['chunks that are none', ['Transfer-Encoding: chunked'], 'zz\r\nq=1\r\n'],
    ['a chunk that is too long', ['Transfer-Encoding: chunked'], 'ffffffffffffffffff\r\nq\r\n'],
    ['a negative chunk', ['Transfer-Encoding: chunked'], '-1\r\nq\r\n'],
  ])('%s', async (_, headers, body) => {
    const text = requestText('/user/demo/api/v2/sql', {
      method: 'POST',
      headers: [form, ...headers],
      body,
    })
    expectSurfaceError('sql', await exchange(postern.port, text), [400, 413, 415])
  })
})

describe('what is hardly HTTP', () => {
  test.each([
    ['rubbish', '\0\x01\x02\r\n\r\n', 400],
    ['another protocol', 'SSH-2.0-client\r\n\r\n', 400],
    ['TLS', Buffer.from('16030100050100000100', 'hex'), 400],
    ['a method that does not exist', 'FETCH / HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['a method in small letters', 'get / HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['a version that does not exist', 'GET / HTTP/9.9\r\nHost: x\r\n\r\n', 400],
    [
      'a blank in the address',
      'GET /user/demo/api/v2/sql?q=select 1 HTTP/1.1\r\nHost: x\r\n\r\n',
      400,
    ],
    [
      'letters beyond ASCII in the address',
      'GET /user/demo/api/v2/sql?q=é HTTP/1.1\r\nHost: x\r\n\r\n',
      400,
    ],
    ['a header without a colon', 'GET / HTTP/1.1\r\nHost: x\r\nrubbish\r\n\r\n', 400],
    ['a header with a NUL', 'GET / HTTP/1.1\r\nHost: x\r\nx-a: a\0b\r\n\r\n', 400],
    ['a folded header', 'GET / HTTP/1.1\r\nHost: x\r\nx-a: a\r\n\tb: c\r\n b\r\n\r\n', [400, 404]],
    ['no Host', 'GET /user/demo/api/v2/sql?q=select+1 HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    [
      'two Hosts',
      requestText('/user/demo/api/v2/sql?q=select+1', { headers: ['Host: a', 'Host: b'] }),
      400,
    ],
    [
      'a header of 70 kB',
      requestText('/user/demo/api/v2/sql', { headers: [`x-a: ${'a'.repeat(70_000)}`] }),
      431,
    ],
    [
      'a cookie of 70 kB',
      requestText('/user/demo/api/v2/sql', { headers: [`cookie: ${'a'.repeat(70_000)}`] }),
      431,
    ],
  ] as const)('%s', async (_, bytes, status) => {
    const answer = await exchange(postern.port, bytes, { thenEnd: true })
    expectSurfaceError('sql', answer, status)
    expect(answer.contentType).toBe('application/json; charset=utf-8')
  })

  test('nothing at all', async () => {
    expect((await exchange(postern.port, '', { thenEnd: true })).status).toBeUndefined()
  })

  test('a tunnel', async () => {
    const { status } = await exchange(postern.port, 'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n')
    expect([400, 404, undefined]).toContain(status)
  })

  test.each([
    ['200 headers', Array.from({ length: 200 }, (_, index) => `x-${index}: ${index}`)],
    [
      'a protocol to change to',
      ['Upgrade: websocket', 'Connection: upgrade, close', 'Sec-WebSocket-Key: x'],
    ],
    ['an expectation that nobody knows', ['Expect: miracles']],
    ['a range', ['Range: bytes=0-1']],
    ['a Host that is no name', ['Host: a b c']],
    ['an empty Host', ['Host: ']],
    ['a cookie', ['Cookie: session=x; __proto__=y']],
  ])('%s changes nothing', async (_, headers) => {
    const text = requestText('/user/demo/api/v2/sql?q=select+1+as+one', { headers })
    const answer = await exchange(postern.port, text)
    expect(answer.status).toBe(200)
    expect(answer.body).toContain('"rows":[{"one":1}]')
  })
})

describe('addresses', () => {
  test.each([
    ['sql', '/user/%zz/api/v2/sql?q=select+1', 400],
    ['sql', '/user/%c0%af/api/v2/sql?q=select+1', 400],
    ['sql', '/user/demo%00/api/v2/sql?q=select+1', 404],
    ['sql', '/user/demo%2f..%2fbob/api/v2/sql?q=select+1', 404],
    ['sql', '/user/demo/../demo/api/v2/sql?q=select+1', 404],
    ['sql', '/user/DEMO/api/v2/sql?q=select+1', 404],
    ['sql', '/user//api/v2/sql?q=select+1', 404],
    ['sql', '/user/demo/api/v2/%zz', 400],
    ['sql', '/user/demo/api/v2/sql?q=%zz', 400],
    ['sql', '/user/demo/api/v2/sql?q=%00', 400],
    ['sql', '/user/demo/api/v2/sql?q=%c0%af', 400],
    ['sql', '/user/demo/api/v2/sql?%zz=%zz', 400],
    ['sql', '/user/demo/api/v2/sql?q', 200],
    ['sql', '/user/demo/api/v2/sql?&&==&q=&', 200],
    ['sql', '/user/demo/api/v2/sql??q=select+1', 400],
    ['sql', '/user/demo/api/v2/sql#?q=select+1', 400],
    ['sql', '/user/demo/api/v2/sql%3Fq=select+1', 404],
    ['sql', '//user//demo//api/v2//sql?q=select+1', 200],
    ['sql', '/user/demo/api/v2/sql/?q=select+1', 200],
    ['sql', 'http://localhost/user/demo/api/v2/sql?q=select+1', 404],
    ['sql', 'http://bob.localhost/api/v2/sql?q=select+1', 404],
    ['sql', 'ftp://x/', 404],
    // To the router it is `/`, where a page is.
    ['sql', '*', 200],
    ['sql', '\\user\\demo', [400, 404]],
    ['maps', '//v3/maps/default/table?name=capitals', 401],
    ['maps', '/user/demo//v3/maps/default/table?name=capitals', 200],
    ['maps', '/user/demo/v3/maps/%zz/table?name=capitals', 400],
    ['maps', '/user/demo/v3/maps/default/table?name=%zz', [400, 403]],
    ['maps', '/user/demo/v3/maps/default/table?name=%c0%af', [400, 403]],
    ['keys', '/user/demo/api/v3/api_keys/%zz?api_key=default_public', [400, 404]],
    ['keys', '/user/demo/api/v3/api_keys/%c0%af?api_key=default_public', [400, 404]],
    ['keys', '/user/demo/api/v3/api_keys/%00?api_key=default_public', 404],
  ] as const)('on %s: %s', async (surface, target, status) => {
    const answer = await exchange(postern.port, requestText(target))
    expect([status].flat()).toContain(answer.status)
    if (answer.status === 200) return
    expectSurfaceError(surface, answer, status)
  })
})

describe('methods', () => {
  const methods = ['PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND', 'LINK', 'QUERY', 'M-SEARCH']

  test.each(methods)('%s', async (method) => {
    for (const surface of surfaces) {
      const text = requestText(`/user/demo${paths[surface]}?q=select+1&name=capitals`, {
        method,
        headers: ['Content-Length: 0'],
      })
      const answer = await exchange(postern.port, text)
      // Contract: the SQL API takes whatever method a client finds.
      if (surface === 'sql' && answer.status === 200) continue
      if (answer.status === 400) expectSurfaceError('sql', answer, 400)
      else expectSurfaceError(surface, answer, surface === 'maps' ? 405 : [401, 404])
    }
  })

  test('HEAD has no body', async () => {
    for (const surface of surfaces) {
      const text = requestText(`/user/demo${paths[surface]}?q=select+1`, { method: 'HEAD' })
      const answer = await exchange(postern.port, text)
      expect(answer.status).toBe({ sql: 200, maps: 405, keys: 404 }[surface])
      expect(answer.body).toBe('')
    }
  })

  test('OPTIONS runs nothing', async () => {
    for (const path of [paths.sql, paths.maps, `${paths.maps}/0/0/0`]) {
      const answer = await send(`${demo.base_url}${path}?q=selec&name=nowhere`, {
        method: 'OPTIONS',
      })
      expect({ status: answer.status, text: answer.text }).toEqual({ status: 200, text: '' })
      expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    }
  })
})

describe('headers of a tile', () => {
  const tile = '/user/demo/v3/maps/default/table/0/0/0?name=capitals'

  const tags = ['', ',', '"', 'W/', '"x', '"x", W/"y", *x', '*, *', '\t', 'x'.repeat(10_000), '"é"']
  test.each(named(tags))('If-None-Match: %s is not the tile that is there', async (_, tag) => {
    const text = requestText(tile, { headers: [`If-None-Match: ${tag}`] })
    const { status } = await exchange(postern.port, Buffer.from(text, 'latin1'))
    expect(status).toBe(200)
  })

  test('If-None-Match: * and the tag of the tile are', async () => {
    const { headers } = await send(postern.url + tile)
    const etag = String(headers.get('etag'))
    for (const tag of ['*', etag, etag.replace('W/', ''), `"x", ${etag}`]) {
      const answer = await exchange(
        postern.port,
        requestText(tile, { headers: [`If-None-Match: ${tag}`] }),
      )
      expect({ tag, status: answer.status, body: answer.body }).toEqual({
        tag,
        status: 304,
        body: '',
      })
    }
  })

  test.each(
    named([
      '',
      ',',
      ';',
      'gzip;q=',
      'gzip;q=x',
      'gzip;q=0',
      'gzip;q=0.000',
      'br',
      'identity',
      '*;q=0',
      'GZIP',
      'gzip;;;',
      'gzip;q=2',
      'x'.repeat(10_000),
    ]),
  )('Accept-Encoding: %s gets a tile', async (_, encoding) => {
    const text = requestText(tile, { headers: [`Accept-Encoding: ${encoding}`] })
    expect((await exchange(postern.port, text)).status).toBe(200)
  })
})
