import { query } from '@carto/api-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { holdTable } from './support/hold-table.ts'
import { runAsOwner } from './support/populate-account.ts'
import { type Postern, startPostern } from './support/postern.ts'
import { type Answer, basic, type CreatedKey, createKey, send } from './support/requests.ts'
import { type ReverseProxy, startReverseProxy } from './support/reverse-proxy.ts'
import { type AccessToken, createToken, on, tokensApi } from './support/tokens-api.ts'
import { until } from './support/until.ts'

let proxy: ReverseProxy
let postern: Postern
let reader: CreatedKey
let writer: CreatedKey

const maxRows = 1_000

beforeAll(async () => {
  // Self-hosted installations have a path prefix in front of everything.
  proxy = await startReverseProxy('/gis/api')
  postern = await startPostern({
    POSTERN_PUBLIC_URL: proxy.url,
    POSTERN_MAX_RESULT_ROWS: String(maxRows),
    POSTERN_STATEMENT_TIMEOUT_MS: '4000',
  })
  proxy.forwardTo(postern.port)
  for (const statement of [
    'create table places (id int, name text, geom geometry(Point, 4326))',
    `insert into places values (1, 'One', st_point(1, 2, 4326)), (2, 'Two', st_point(3, 4, 4326))`,
    'create table notes (id int)',
    'create table secrets (id int)',
  ]) {
    await runAsOwner(postern, postern.demo, statement)
  }
  const grants = [{ name: 'places', permissions: ['select'] }]
  reader = await createKey(postern, postern.demo, { tables: grants })
  writer = await createKey(postern, postern.demo, {
    tables: [...grants, { name: 'notes', permissions: ['select', 'insert'] }],
  })
})
afterAll(async () => {
  await proxy.close()
  await postern.stop()
})

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const asOwner = () => bearer(postern.demo.master_key)
const asReader = () => bearer(reader.token)

function queryUrl(parameters: Record<string, string> = {}, connection = 'default'): string {
  const text = new URLSearchParams(parameters).toString()
  return `${postern.url}/v3/sql/${connection}/query${text === '' ? '' : `?${text}`}`
}

const ask = (q: string, headers: Record<string, string> = asOwner()) =>
  send(queryUrl({ q }), { headers })

function post(body: unknown, headers: Record<string, string> = asOwner()): Promise<Answer> {
  return send(queryUrl(), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
}

type Result = {
  readonly rows: readonly Record<string, unknown>[]
  readonly schema: readonly { name: string; type: string }[]
  readonly meta: Record<string, unknown>
}

function rowsOf(answer: Answer): Result['rows'] {
  expect(answer.status, answer.text).toBe(200)
  return answer.json<Result>().rows
}

function expectError(answer: Answer, status: number, sentence: RegExp | string): void {
  expect(answer.status, answer.text).toBe(status)
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
  expect(answer.headers.get('access-control-allow-origin')).toBe('*')
  const { error, ...rest } = answer.json<{ error: string; status: number }>()
  expect(error).toMatch(sentence)
  expect(rest.status).toBe(status)
}

describe('@carto/api-client', () => {
  const options = () => ({
    apiBaseUrl: proxy.url,
    accessToken: reader.token,
    connectionName: 'default',
  })

  test('asks by GET, with the base address of a self-hosted installation', async () => {
    const { rows } = await query({ ...options(), sqlQuery: 'select name from places order by id' })
    expect(rows).toEqual([{ name: 'One' }, { name: 'Two' }])
  })

  test('sends numbered and named parameters', async () => {
    const numbered = await query({
      ...options(),
      sqlQuery: 'select name from places where id = any ($1) and name <> $2',
      queryParameters: [[2, 3], 'One'],
    })
    expect(numbered.rows).toEqual([{ name: 'Two' }])
    const named = await query({
      ...options(),
      sqlQuery: 'select name from places where id >= @from and id < @to',
      queryParameters: { from: 1, to: 2 },
    })
    expect(named.rows).toEqual([{ name: 'One' }])
  })

  test('posts what is too long for an address', async () => {
    const comment = 'x'.repeat(10_000)
    const { rows } = await query({
      ...options(),
      sqlQuery: `select $1::int as one /* ${comment} */`,
      queryParameters: [1],
    })
    expect(rows).toEqual([{ one: 1 }])
  })

  test('understands a refusal', async () => {
    const asked = query({ ...options(), sqlQuery: 'select * from secrets' })
    await expect(asked).rejects.toThrow(/You don't have permissions to read this resource/)
    const unknown = query({ ...options(), accessToken: 'nobody', sqlQuery: 'select 1' })
    await expect(unknown).rejects.toThrow(/Unauthorized access/)
  })
})

describe('other clients', () => {
  test('carto-react asks with an empty list and posts with its name in the address', async () => {
    const asked = await send(
      `${postern.url}/v3/sql/default/query?client=carto-for-react&q=select%20%241%3A%3Atext%20as%20t&queryParameters=%5B%22%C3%A4%22%5D`,
      {
        headers: { ...asReader(), accept: 'application/json', 'content-type': 'application/json' },
      },
    )
    expect(rowsOf(asked)).toEqual([{ t: 'ä' }])
    const posted = await send(`${queryUrl()}?client=carto-for-react`, {
      method: 'POST',
      headers: { ...asReader(), 'content-type': 'application/json' },
      body: JSON.stringify({
        client: 'carto-for-react',
        q: 'select 1 as one',
        queryParameters: [],
      }),
    })
    expect(rowsOf(posted)).toEqual([{ one: 1 }])
  })

  test('the QGIS plugin posts a form', async () => {
    const form = new URLSearchParams({ q: 'select @x::int as x', queryParameters: '{"x": 5}' })
    const answer = await send(queryUrl(), { method: 'POST', headers: asReader(), body: form })
    expect(rowsOf(answer)).toEqual([{ x: 5 }])
  })

  test('a base address that ends with a slash, and one that ends with /api', async () => {
    const path = `v3/sql/default/query?q=${encodeURIComponent('select 1 as one')}`
    for (const base of ['/', '/api/', '//api//', '/user/demo/api/', '/api/user/demo/']) {
      const answer = await send(`${postern.url}${base}${path}`, { headers: asReader() })
      expect(rowsOf(answer)).toEqual([{ one: 1 }])
    }
  })

  test('the credential may stand anywhere', async () => {
    const token = reader.token
    const q = 'select name from places where id = 1'
    for (const answer of [
      await send(queryUrl({ q, access_token: token })),
      await send(queryUrl({ q, api_key: token })),
      await send(queryUrl({ q }), { headers: basic('demo', token) }),
      await post({ q, access_token: token }, {}),
    ]) {
      expect(rowsOf(answer)).toEqual([{ name: 'One' }])
    }
  })
})

describe('an answer', () => {
  test('has rows, schema and meta, with each type in its own form', async () => {
    const answer = await ask(`select 1 as i, 9007199254740993 as big, 1.5::numeric as n, 'x' as t,
      true as b, st_point(1, 2, 4326) as g, st_point(1, 2, 4326)::geography as gg,
      '2026-01-02 03:04:05.5+01'::timestamptz as ts, '2026-01-02'::date as d,
      '{"a": 1}'::jsonb as o, array[1, null] as a, '1 day'::interval as other, null as nothing,
      1 as twice, 2 as twice`)
    expect(rowsOf(answer)).toEqual([
      {
        i: 1,
        big: '9007199254740993',
        n: 1.5,
        t: 'x',
        b: true,
        g: { type: 'Point', coordinates: [1, 2] },
        gg: { type: 'Point', coordinates: [1, 2] },
        ts: '2026-01-02T02:04:05.5Z',
        d: '2026-01-02T00:00:00Z',
        o: { a: 1 },
        a: [1, null],
        other: '1 day',
        nothing: null,
        twice: 2,
      },
    ])
    const { schema, meta } = answer.json<Result>()
    expect(Object.fromEntries(schema.map(({ name, type }) => [name, type]))).toEqual({
      i: 'number',
      big: 'bigint',
      n: 'number',
      t: 'string',
      b: 'boolean',
      g: 'geometry',
      gg: 'geometry',
      ts: 'timestamp',
      d: 'timestamp',
      o: 'object',
      a: 'array',
      other: 'unknown',
      nothing: 'string',
      twice: 'number',
    })
    expect(meta).toEqual({ cacheHit: false, truncated: false, maxRows })
  })

  test('has geometries as ST_AsGeoJSON writes them', async () => {
    const rows = rowsOf(
      await ask(`select g, st_asgeojson(g)::json as expected from (values
        (st_geomfromtext('POINT(-3.123456789012 40)', 4326)), ('POINT EMPTY'), ('POINT Z (1 2 3)'),
        ('POINT M (1 2 3)'), ('POINT ZM (1 2 3 4)'), ('LINESTRING(0 0, 1e10 1, 2 0.5)'),
        ('SRID=3857;POLYGON((0 0, 4 0, 4 4, 0 0), (1 1, 2 1, 2 2, 1 1))'), ('POLYGON EMPTY'),
        ('MULTIPOINT(1 2, 3 4)'), ('MULTILINESTRING((0 0, 1 1), (2 2, 3 3))'),
        ('MULTIPOLYGON(((0 0, 1 0, 1 1, 0 0)), ((5 5, 6 5, 6 6, 5 5)))'),
        ('GEOMETRYCOLLECTION(POINT(1 2), LINESTRING(0 0, 1 1))'), ('GEOMETRYCOLLECTION EMPTY'),
        (st_asewkb('SRID=25830;POINT(430000.123456789 4470000)'::geometry, 'XDR')::geometry)
      ) as v (g)`),
    )
    expect(rows).toHaveLength(14)
    for (const { g, expected } of rows) expect(g).toEqual(expected)
  })

  test('of a statement without rows has none, of several statements the rows of the last', async () => {
    const done = await ask('insert into notes values (1), (2)', bearer(writer.token))
    expect(done.json<Result>()).toMatchObject({ rows: [], schema: [] })
    const several = await ask('select 1 as a; insert into notes values (3) returning id', asOwner())
    expect(rowsOf(several)).toEqual([{ id: 3 }])
  })

  test('is cut where there are too many rows, and says so', async () => {
    const whole = (await ask(`select generate_series(1, ${maxRows}) as n`)).json<Result>()
    expect([whole.rows.length, whole.meta.truncated]).toEqual([maxRows, false])
    // The second one has begun to leave long before.
    for (const q of [
      'select generate_series(1, 100000000) as n',
      `select generate_series(1, 100000000) as n, repeat('x', 300) as t`,
    ]) {
      const { rows, meta } = (await ask(q)).json<Result>()
      expect([rows.length, meta]).toEqual([maxRows, { cacheHit: false, truncated: true, maxRows }])
      expect(rows.at(-1)).toMatchObject({ n: maxRows })
    }
  })

  test('of a statement that writes is cut as well, and the statement is carried out', async () => {
    const many = await ask(
      `insert into notes select 1000 + n from generate_series(1, ${maxRows + 500}) as n returning id`,
      asOwner(),
    )
    const { rows, meta } = many.json<Result>()
    expect([rows.length, meta.truncated]).toEqual([maxRows, true])
    const count = await ask('select count(*) as n from notes where id > 1000')
    expect(rowsOf(count)).toEqual([{ n: maxRows + 500 }])
  })

  test('that fails after it has begun is broken off', async () => {
    const late = (n: number) =>
      `select n, repeat('x', 300) as t, 1 / (n - ${n}) as q from generate_series(1, 900) as n`
    expectError(await ask(late(10)), 400, /division by zero/)
    await expect(ask(late(900))).rejects.toThrow()
  })

  test('to a GET is private and has a tag; to a POST it is not kept', async () => {
    const first = await ask('select 1 as one')
    expect(first.headers.get('cache-control')).toBe('private, no-cache')
    expect(first.headers.get('vary')).toMatch(/Authorization/)
    const etag = first.headers.get('etag') ?? ''
    const again = await ask('select 1 as one', { ...asOwner(), 'if-none-match': etag })
    expect([again.status, again.text]).toEqual([304, ''])
    expect((await ask('select 2 as one')).headers.get('etag')).not.toBe(etag)
    expect((await post({ q: 'select 1' })).headers.get('cache-control')).toBe('no-store')
  })
})

describe('a refusal is JSON, whatever is wrong', () => {
  test('no credential, or none that is one', async () => {
    expectError(await send(queryUrl({ q: 'select 1' })), 401, /^Token not defined$/)
    expectError(await ask('select 1', bearer('nobody')), 401, /^Invalid token$/)
    expectError(await ask('select 1', { authorization: 'Digest x' }), 401, /^Invalid token$/)
  })

  test('what the credential does not open', async () => {
    const denied = /^You don't have permissions to read this resource$/
    expectError(await ask('select * from secrets', asReader()), 403, denied)
    expectError(await ask('insert into places values (3)', asReader()), 403, denied)
    expectError(await ask('select * from pg_class', asReader()), 403, denied)
    expectError(
      await ask('create view v as select 1', bearer(writer.token)),
      403,
      /Only the master/,
    )
    const elsewhere = await send(queryUrl({ q: 'select 1' }, 'other'), { headers: asOwner() })
    expectError(elsewhere, 404, /^Connection not found$/)
  })

  test('SQL and parameters that are none', async () => {
    const answer = await ask('select * from', asOwner())
    expectError(answer, 400, /syntax error/)
    expect(answer.json()).toHaveProperty('rows', [])
    expectError(await ask('select nothing from places'), 400, /column "nothing" does not exist/)
    expectError(await ask(''), 400, /"q" is missing/)
    expectError(await post({ q: 1 }), 400, /"q" must be a text/)
    expectError(await post({ q: 'select @a' }), 400, /@a is missing/)
    expectError(await post({ q: 'select 1', queryParameters: [1] }), 400, /takes 0/)
    expectError(await post({ q: 'select 1', queryParameters: '{' }), 400, /must be JSON/)
    expectError(await post({ q: 'select $1::int', queryParameters: ['x'] }), 400, /invalid input/)
    expectError(
      await post({ q: 'select $1::int; select 1', queryParameters: [1] }),
      400,
      /one statement alone/,
    )
  })

  test('a parameter that was sent twice', async () => {
    const q = encodeURIComponent('select 1')
    const headers = { ...asOwner(), 'content-type': 'application/json' }
    expectError(await send(`${queryUrl()}?q=${q}&q=${q}`, { headers }), 400, /more than once/)
    const body = JSON.stringify({ q: 'select 2' })
    const both = await send(`${queryUrl()}?q=${q}`, { method: 'POST', headers, body })
    expectError(both, 400, /"q" was sent more than once/)
  })

  test('a statement that takes too long', async () => {
    const letGo = await holdTable(postern, postern.demo, 'places')
    expectError(await ask('select * from places', asReader()), 408, /^ProviderTimeoutError$/)
    await letGo()
  })

  test('addresses, methods and bodies that nobody takes', async () => {
    const url = queryUrl()
    const headers = asOwner()
    expectError(await send(`${postern.url}/v3/nothing`, { headers }), 404, /nothing at this/)
    expectError(await send(`${postern.url}/v3`, { headers }), 404, /nothing at this/)
    const deleted = await send(url, { method: 'DELETE', headers })
    expectError(deleted, 405, /other methods/)
    expect(deleted.headers.get('allow')).toBe('GET, POST')
    const text = { ...headers, 'content-type': 'text/plain' }
    expectError(await send(url, { method: 'POST', headers: text, body: 'x' }), 415, /Send the body/)
    const json = { ...headers, 'content-type': 'application/json' }
    const broken = await send(url, { method: 'POST', headers: json, body: '{"q":' })
    expectError(broken, 400, /not valid JSON/)
    const large = await send(url, { method: 'POST', headers: json, body: 'x'.repeat(9_000_000) })
    expectError(large, 413, /too large/)
    const preflight = await send(url, { method: 'OPTIONS' })
    expect(preflight.status).toBe(200)
    expect(preflight.headers.get('access-control-allow-headers')).toBe(
      'Authorization, Content-Type, Accept, Cache-Control, If-Modified-Since, If-None-Match',
    )
  })
})

type Job = {
  readonly jobId: string
  readonly status: string
  readonly query: string
  readonly queryParameters: unknown
  readonly createdAt: string
  readonly startedAt: string | null
  readonly endedAt: string | null
  readonly error: string | null
}

/** The jobs of one credential. */
function jobsOf(token: string, connection = 'default') {
  const headers = { ...bearer(token), 'content-type': 'application/json' }
  const url = `${postern.url}/v3/sql/${connection}/job`
  const ask = (method: string, path: string) => send(`${url}${path}`, { method, headers })
  return {
    create: (body: unknown) => send(url, { method: 'POST', headers, body: JSON.stringify(body) }),
    get: (id: string) => ask('GET', `/${id}`),
    cancel: (id: string) => ask('DELETE', `/${id}`),
    list: () => send(`${postern.url}/v3/sql/jobs`, { headers }),
    /** Waits for the end of a job. */
    async end(id: string): Promise<Job> {
      const running = ['pending', 'running']
      return until(async () => {
        const job = (await ask('GET', `/${id}`)).json<Job>()
        return running.includes(job.status) ? undefined : job
      })
    },
  }
}

async function created(asked: Promise<Answer>): Promise<Job> {
  const answer = await asked
  expect(answer.status, answer.text).toBe(201)
  return answer.json<Job>()
}

describe('a job', () => {
  const master = () => jobsOf(postern.demo.master_key)

  test('runs with its parameters, and is listed', async () => {
    const query = 'create table made as select @n::int as n'
    const before = await created(
      master().create({ q: query.replace('@n', '5'), queryParameters: '' }),
    )
    expect(before).toMatchObject({ status: 'pending', startedAt: null, endedAt: null, error: null })
    expect((await master().end(before.jobId)).status).toBe('success')
    expect(rowsOf(await ask('select * from made'))).toEqual([{ n: 5 }])

    const sql = 'insert into made select @n where @flag'
    const queryParameters = { n: 6, flag: true }
    const { jobId } = await created(master().create({ query: sql, queryParameters }))
    const job = await master().end(jobId)
    expect(job).toMatchObject({
      jobId,
      status: 'success',
      query: sql,
      queryParameters,
      error: null,
    })
    expect(Date.parse(job.endedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(job.startedAt ?? ''))
    expect(rowsOf(await ask('select sum(n) as n from made'))).toEqual([{ n: 11 }])
    const { jobs } = (await master().list()).json<{ jobs: Job[] }>()
    expect(jobs.slice(0, 2).map((one) => one.jobId)).toEqual([jobId, before.jobId])
  })

  test('that fails says why', async () => {
    const { jobId } = await created(master().create({ query: 'select 1 / 0' }))
    const job = await master().end(jobId)
    expect([job.status, job.error]).toEqual(['failure', 'division by zero'])
  })

  test('is cancelled once, and never after its end', async () => {
    const { jobId } = await created(master().create({ query: 'select pg_sleep(600)' }))
    const cancelled = await master().cancel(jobId)
    expect([cancelled.status, cancelled.json<Job>().status]).toEqual([200, 'cancelled'])
    expectError(await master().cancel(jobId), 409, /^The job has ended already$/)
  })

  test('is refused at once when it would be refused later', async () => {
    const { create } = master()
    expectError(await create({ query: 'selec 1' }), 400, /syntax error/)
    expectError(await create({ query: 'select $1', queryParameters: [] }), 400, /\$1 is missing/)
    expectError(await create({ query: 'copy places to stdout' }), 403, /COPY is not available/)
    expectError(await create({}), 400, /Send the SQL of the job/)
    expectError(await create({ query: 'select 1', q: 'select 2' }), 400, /Send the SQL of the job/)
    const long = { query: 'select $1', queryParameters: ['x'.repeat(200_000)] }
    expectError(await create(long), 413, /at most/)
    const elsewhere = jobsOf(postern.demo.master_key, 'other')
    expectError(await elsewhere.create({ query: 'select 1' }), 404, /Connection not found/)
    const noBatch = jobsOf(reader.token)
    expectError(await noBatch.create({ query: 'select 1' }), 403, /may not use this API/)
    expectError(await noBatch.list(), 403, /may not use this API/)
  })

  test('is not there for another credential, on another connection, or by no id', async () => {
    const other = await createKey(postern, postern.demo, { apis: ['batch'] })
    const { jobId } = await created(master().create({ query: 'select 1' }))
    for (const asked of [
      jobsOf(other.token).get(jobId),
      jobsOf(other.token).cancel(jobId),
      jobsOf(postern.demo.master_key, 'other').get(jobId),
      master().get('none'),
    ]) {
      expectError(await asked, 404, /^Job with id .* not found$/)
    }
    expect((await jobsOf(other.token).list()).json()).toEqual({ jobs: [] })
  })
})

describe('an access token', () => {
  const granted = 'select name from places where id = @id'
  let token: AccessToken
  /** Of a table, not of queries. */
  let reading: AccessToken

  beforeAll(async () => {
    token = await createToken(postern, postern.demo, {
      allowed_apis: ['sql'],
      grants: on(`${granted} ; -- ours`, 'select count(*) as n from secrets'),
    })
    reading = await createToken(postern, postern.demo, {
      allowed_apis: ['sql'],
      grants: on('demo.public.places'),
    })
  })

  test('asks what its grants name, and gets what was granted', async () => {
    const asToken = bearer(token.token)
    const named = await post(
      { q: granted.toUpperCase().replace('@ID', '@id'), queryParameters: { id: 2 } },
      asToken,
    )
    expect(rowsOf(named)).toEqual([{ name: 'Two' }])
    expect(rowsOf(await ask('select count(*) as n from secrets', asToken))).toEqual([{ n: 0 }])
    const denied = /^You don't have permissions to read this resource$/
    expectError(await ask('select * from secrets', asToken), 403, denied)
    expectError(await ask('select max(id) from places', asToken), 403, denied)
    expectError(await ask('select 1', asToken), 403, denied)
    const ofTable = bearer(reading.token)
    expect(rowsOf(await ask('select max(id) as id from public.places', ofTable))).toEqual([
      { id: 2 },
    ])
    expectError(await ask('select * from places, secrets', ofTable), 403, denied)
    expectError(await ask('select 1', ofTable), 403, denied)
    expectError(await ask('insert into places values (9)', asToken), 403, /only reads/)
    expectError(await post({ q: granted }, asToken), 400, /@id is missing/)
  })

  test('asks a named source by its name, at once and as a job', async () => {
    const made = await send(`${postern.url}/v3/named-sources`, {
      method: 'POST',
      headers: { ...asOwner(), 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'one-place', source: granted, connection_name: 'default' }),
    })
    expect(made.status, made.text).toBe(201)
    const named = await createToken(postern, postern.demo, {
      allowed_apis: ['sql'],
      grants: on('one-place'),
    })
    const queryParameters = { id: 2 }
    const answer = await post({ q: 'one-place', queryParameters }, bearer(named.token))
    expect(rowsOf(answer)).toEqual([{ name: 'Two' }])
    const { jobId } = await created(
      jobsOf(named.token).create({ query: 'one-place', queryParameters }),
    )
    expect((await jobsOf(named.token).end(jobId)).status).toBe('success')
  })

  test('has jobs of the same, which are its own and end with it', async () => {
    const own = jobsOf(token.token)
    const ofTable = jobsOf(reading.token)
    const { jobId } = await created(own.create({ query: granted, queryParameters: { id: 1 } }))
    expect(await own.end(jobId)).toMatchObject({ status: 'success', error: null })
    expect((await own.list()).json<{ jobs: Job[] }>().jobs.map((job) => job.jobId)).toEqual([jobId])
    expectError(await own.create({ query: 'select * from secrets' }), 403, /permissions/)
    expectError(await own.create({ query: 'delete from places' }), 403, /only reads/)
    expectError(await jobsOf(reader.token).get(jobId), 403, /may not use this API/)

    // One runs, one waits behind it.
    const master = jobsOf(postern.demo.master_key)
    const endless = 'select count(*) from places, generate_series(1, 10000000000) as n'
    const running = await created(ofTable.create({ query: endless }))
    const waiting = await created(ofTable.create({ query: 'select count(*) from places' }))
    await until(async () => {
      const { status } = (await ofTable.get(running.jobId)).json<Job>()
      return status === 'running' ? status : undefined
    })
    expectError(await own.get(running.jobId), 404, /not found/)
    const deleted = await tokensApi(postern, postern.demo.master_key).remove(reading.token)
    expect(deleted.status, deleted.text).toBe(204)
    expectError(await ofTable.get(running.jobId), 401, /^Invalid token$/)
    // Its jobs have gone with it, and the queue goes on.
    for (const { jobId: gone } of [running, waiting]) {
      expectError(await master.get(gone), 404, /not found/)
    }
    const next = await created(master.create({ query: 'select 1' }))
    expect((await master.end(next.jobId)).status).toBe('success')
  })
})
