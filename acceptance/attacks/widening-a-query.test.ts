import { deflateRawSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runAsOwner } from '../support/populate-account.ts'
import { type Postern, startPostern } from '../support/postern.ts'
import { type Answer, send } from '../support/requests.ts'
import { expectNoInnards } from '../support/surface-errors.ts'
import { createToken, on } from '../support/tokens-api.ts'
import { until } from '../support/until.ts'

// A token that was granted a query with a parameter, and everything that takes a query. The texts that
// can be made of a granted one are in server/src/policy/query-grant.test.ts.

let postern: Postern
let token: string

/** Their owners can be taken for one another by `abs`, which is what PostgreSQL calls `@`. */
const granted = 'select id, name, geom from people where owner = @owner'
const numbered = 'select id, name from people where name = $1'
const secret = /secret of|foreign/

beforeAll(async () => {
  postern = await startPostern()
  for (const statement of [
    'create table people (id int, owner int, name text, geom geometry(Point, 4326))',
    `insert into people values (1, 7, 'mine', st_point(1, 1, 4326)),
       (2, 8, 'foreign 8', st_point(2, 2, 4326)), (3, -8, 'foreign -8', st_point(3, 3, 4326))`,
    'create table secrets (v text)',
    `insert into secrets values ('secret of demo')`,
  ]) {
    await runAsOwner(postern, postern.demo, statement)
  }
  const made = await createToken(postern, postern.demo, {
    allowed_apis: ['sql', 'maps'],
    grants: on(granted, numbered),
  })
  token = made.token
})
afterAll(() => postern.stop())

const authorized = () => ({ authorization: `Bearer ${token}` })
const json = () => ({ ...authorized(), 'content-type': 'application/json' })
const text = (values: Record<string, unknown>) =>
  new URLSearchParams(
    Object.entries(values).flatMap(([name, value]) =>
      value === undefined
        ? []
        : [[name, typeof value === 'string' ? value : JSON.stringify(value)] as [string, string]],
    ),
  )

type Ask = (q: string, queryParameters?: unknown) => Promise<Answer>

const get =
  (path: string, more: (q: string) => Record<string, unknown>): Ask =>
  (q, queryParameters) =>
    send(`${postern.url}${path}?${text({ ...more(q), queryParameters })}`, {
      headers: authorized(),
    })
const post =
  (path: string, more: (q: string) => Record<string, unknown>): Ask =>
  (q, queryParameters) =>
    send(`${postern.url}${path}`, {
      method: 'POST',
      headers: json(),
      body: JSON.stringify({ ...more(q), queryParameters }),
    })

/** Everything that takes a query. */
const entrances: Record<string, Ask> = {
  'query by GET': get('/v3/sql/default/query', (q) => ({ q })),
  'query by POST': post('/v3/sql/default/query', (q) => ({ q })),
  'query by form': (q, queryParameters) =>
    send(`${postern.url}/v3/sql/default/query`, {
      method: 'POST',
      headers: authorized(),
      body: text({ q, queryParameters }),
    }),
  'a model': post('/v3/sql/default/model/table', (source) => ({
    type: 'query',
    source,
    params: { column: ['name'], limit: 100 },
  })),
  statistics: get('/v3/stats/default/name', (q) => ({ q })),
  'a map': post('/v3/maps/default/query', (q) => ({ q, format: 'geojson' })),
  'a tile': get('/v3/maps/default/query/0/0/0', (q) => ({ q, formatTiles: 'mvt' })),
  // Addresses of tiles can hold their parameters packed: a spelling, which anybody can write.
  'a tile of a packed address': (q, queryParameters) => {
    const packed = deflateRawSync(
      JSON.stringify({ q, queryParameters: JSON.stringify(queryParameters) }),
    ).toString('base64url')
    return get('/v3/maps/default/query/0/0/0', () => ({ packed, q: granted }))(q, { owner: 7 })
  },
}
const classic = {
  'classic SQL': get('/user/demo/api/v2/sql', (q) => ({ q })),
  'classic SQL by POST': post('/user/demo/api/v2/sql', (q) => ({ q })),
  'classic GeoJSON': get('/user/demo/api/v2/sql', (q) => ({ q, format: 'geojson' })),
  'classic COPY': get('/user/demo/api/v2/sql/copyto', (q) => ({ q: `copy (${q}) to stdout` })),
  'a classic job': post('/user/demo/api/v2/sql/job', (query) => ({ query })),
}
const edited = [
  `${granted} or true`,
  `${granted} /* x */ or true`,
  granted.replace('@owner', 'owner'),
  granted.replace('@owner', '@ owner'),
  `${granted} union all select 1, v, null from secrets`,
  `${granted}; select * from secrets`,
  'select * from people',
  'select * from secrets',
]

function expectRefused(name: string, q: string, answer: Answer): void {
  expect([400, 401, 403, 404, 422], `${name}: ${q}: ${answer.text}`).toContain(answer.status)
  expect(answer.text).not.toMatch(secret)
  expectNoInnards(answer.text)
}

describe('through everything that takes a query', () => {
  test.each(Object.entries(entrances))(
    '%s opens what was granted and nothing else',
    async (name, ask) => {
      const opened = await ask(granted.replace('select', 'SELECT'), { owner: 7 })
      expect(opened.status, opened.text).toBe(200)
      expect(opened.text).toContain('mine')
      expect(opened.text).not.toMatch(secret)
      for (const q of edited) expectRefused(name, q, await ask(q, { owner: 7 }))
    },
  )

  test.each(Object.entries(classic))(
    '%s opens nothing else either, and nothing without its parameters',
    async (name, ask) => {
      for (const q of [granted, numbered, ...edited]) expectRefused(name, q, await ask(q))
    },
  )

  test('a job runs it, and is refused for anything else', async () => {
    const url = `${postern.url}/v3/sql/default/job`
    const create = (body: unknown) =>
      send(url, { method: 'POST', headers: json(), body: JSON.stringify(body) })
    for (const query of edited) {
      expectRefused('job', query, await create({ query, queryParameters: { owner: 7 } }))
    }
    const answer = await create({ query: granted, queryParameters: { owner: 7 } })
    expect(answer.status, answer.text).toBe(201)
    const { jobId } = answer.json<{ jobId: string }>()
    await until(async () => {
      const { status } = (await send(`${url}/${jobId}`, { headers: json() })).json()
      return status === 'success' ? true : undefined
    })
  })
})

describe('parameters are values', () => {
  test.each([
    undefined,
    '',
    [],
    {},
    [7],
    { Owner: 7 },
    { owner: 7, id: 1 },
    { owner: '7 or true' },
    { owner: '(select 8)' },
    { owner: '8; select 1' },
    { owner: `7' or '1'='1` },
    { owner: [7, 8] },
    { owner: { a: 8 } },
    { owner: true },
    { __proto__: { owner: 8 } },
    '{"__proto__": {"owner": 8}}',
    '{"owner": 8',
    '[[[[',
    { owner: 'owner' },
    { owner: '@owner' },
    { owner: 1e30 },
    { owner: '\u0000' },
  ])('%j is refused, or finds nobody', async (queryParameters) => {
    for (const name of ['query by GET', 'query by POST', 'a model']) {
      expectRefused(name, granted, (await entrances[name]?.(granted, queryParameters)) as Answer)
    }
  })

  test.each([`' or true --`, `x' union select v, null from secrets --`, '$1', 'name', '', null])(
    '%j is looked for as it is',
    async (value) => {
      const answer = await entrances['query by POST']?.(numbered, [value])
      expect(answer?.json()).toMatchObject({ rows: [] })
    },
  )

  test('of the right kind find what they are, and no more', async () => {
    for (const owner of [7, '7', ' 7 ', 7.0]) {
      const answer = await entrances['query by GET']?.(granted, { owner })
      expect(answer?.json<{ rows: unknown[] }>().rows).toMatchObject([{ id: 1, name: 'mine' }])
    }
  })
})

describe('a request that says two things', () => {
  const good = encodeURIComponent(numbered)
  const bad = encodeURIComponent('select * from secrets')
  const values = encodeURIComponent('["mine"]')
  const ask = (query: string, body?: string, type = 'application/json') =>
    send(`${postern.url}/v3/sql/default/query?${query}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { ...authorized(), ...(body !== undefined && { 'content-type': type }) },
      ...(body !== undefined && { body }),
    })

  test.each([
    [`q=${good}&q=${bad}&queryParameters=${values}`, undefined],
    [`q=${bad}&q=${good}&queryParameters=${values}`, undefined],
    [`q[]=${bad}&queryParameters=${values}`, undefined],
    [`q=${good}&queryParameters=${values}&queryParameters=${values}`, undefined],
    [`q=${good}`, JSON.stringify({ q: 'select * from secrets' })],
    [`q=${bad}`, JSON.stringify({ q: numbered, queryParameters: ['mine'] })],
    [`q=${bad}`, '{}'],
    ['', JSON.stringify({ q: [numbered, 'select * from secrets'] })],
    ['', JSON.stringify({ q: { toString: 'select * from secrets' } })],
    ['', `{"q": ${JSON.stringify(numbered)}, "q": "select * from secrets"}`],
    [`queryParameters=${values}`, JSON.stringify({ q: numbered, queryParameters: ['mine'] })],
    ['', JSON.stringify([{ q: 'select * from secrets' }])],
  ])('%s %s is refused', async (query, body) => {
    expectRefused('query', query, await ask(query, body))
  })

  test('in a form is refused, too', async () => {
    const form = 'application/x-www-form-urlencoded'
    expectRefused('form', 'twice', await ask('', `q=${good}&q=${bad}`, form))
    expectRefused('form', 'both', await ask(`q=${good}`, `q=${bad}`, form))
  })

  test('about who asks is answered as the first of them', async () => {
    const { master_key: master } = postern.demo
    const body = JSON.stringify({
      q: 'select * from secrets',
      access_token: master,
      api_key: master,
    })
    expectRefused('credential', 'body', await ask(`api_key=${master}`, body))
    const unheard = { 'x-http-method-override': 'PUT', 'x-original-url': '/user/demo/api/v2/sql' }
    const answer = await send(`${postern.url}/v3/sql/default/query?q=${bad}`, {
      headers: { ...authorized(), ...unheard },
    })
    expectRefused('headers', 'override', answer)
  })

  test.each([
    'DEFAULT',
    'default%20',
    'default%2f..%2fdefault',
    '..%2fdefault',
    'default%00',
    '*',
    'demo',
  ])('the connection %s is none', async (connection) => {
    const answer = await send(`${postern.url}/v3/sql/${connection}/query?q=${good}`, {
      headers: authorized(),
    })
    expectRefused('connection', connection, answer)
  })
})
