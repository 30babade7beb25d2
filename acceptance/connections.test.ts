import { afterAll, beforeAll, expect, test } from 'vitest'
import { type PlainPostgres, startPlainPostgres } from './support/plain-postgres.ts'
import { runAsOwner } from './support/populate-account.ts'
import { type Postern, startPostern } from './support/postern.ts'
import { type Answer, send } from './support/requests.ts'
import { featuresOf, getWire } from './support/tiles.ts'
import { createToken, on, tokensApi } from './support/tokens-api.ts'
import { until } from './support/until.ts'

let postern: Postern
/** Somebody's server: another cluster, on a port of its own. */
let plain: PlainPostgres

const password = 'of-the-gate-alone'

beforeAll(async () => {
  postern = await startPostern({
    POSTERN_CONNECTION_NETWORKS: '127.0.0.1',
    POSTERN_RATE_LIMIT: '0',
    POSTERN_MASTER_STATEMENT_TIMEOUT_MS: '60000',
    POSTERN_STATEMENT_TIMEOUT_MS: '60000',
  })
  postern.keepSecret(password)
  plain = await startPlainPostgres(postern)
  await plain.query(
    `create schema gis;
     create extension postgis schema gis;
     grant usage on schema gis to public;
     create table public.harbours (id integer primary key, name text, geom gis.geometry(Point, 4326));
     insert into public.harbours
       select n, 'harbour ' || n, gis.st_setsrid(gis.st_makepoint(n, 50 + n), 4326)
       from generate_series(1, 3) n;
     create table public.secrets (id integer);
     create role gate login password '${password}';
     grant usage on schema public to gate with grant option;
     grant select on public.harbours to gate with grant option`,
  )
})
afterAll(async () => {
  await plain.stop()
  await postern.stop()
})

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

function manage(method: string, path: string, body?: unknown): Promise<Answer> {
  return send(`${postern.url}/v3/${path}`, {
    method,
    headers: {
      ...bearer(postern.demo.master_key),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
}

function configOf(changes: Record<string, unknown> = {}) {
  const { port } = new URL(plain.url())
  return {
    host: '127.0.0.1',
    port: Number(port),
    database: 'postgres',
    user: 'gate',
    password,
    tls: 'disable',
    ...changes,
  }
}

const query = (connection: string, q: string, token: string) =>
  send(`${postern.url}/v3/sql/${connection}/query?${new URLSearchParams({ q })}`, {
    headers: bearer(token),
  })

const onHarbours = (...sources: readonly string[]) =>
  sources.map((source) => ({ connection_name: 'harbours', source }))

test('a server that lacks something is told the SQL for it, and registered when that has run', async () => {
  const refused = await manage('POST', 'connections', { name: 'harbours', config: configOf() })
  expect(refused.status).toBe(422)
  const { error } = refused.json<{ error: string }>()
  expect(error).toContain('alter role "gate" createrole')
  expect(refused.text).not.toContain(password)

  const tested = await manage('POST', 'connections/test', { config: configOf() })
  const { ready, checks } = tested.json<{
    ready: boolean
    checks: { severity: string; remedy: string }[]
  }>()
  expect(ready).toBe(false)
  for (const check of checks.filter(({ severity }) => severity === 'problem')) {
    await plain.query(check.remedy)
  }
  const made = await manage('POST', 'connections', { name: 'harbours', config: configOf() })
  expect(made.status).toBe(201)
  expect(made.text).not.toContain(password)
  const listed = await postern.run('connection', 'list', 'demo')
  expect(listed.stdout).toMatch(/^default\nharbours\t127\.0\.0\.1:\d+\tpostgres\n$/)
})

test.each([
  ['a wrong password', { password: 'wrong' }, /^The server refused the log-in/],
  ['nobody there', { port: 1 }, /^The server could not be reached/],
  ['an address that the operator keeps', { host: '10.0.0.1' }, /^The server could not be reached/],
  ['a name that is nobody', { host: 'nobody.invalid' }, /^The server could not be reached/],
])('with %s nothing is registered', async (_, changes, sentence) => {
  const refused = await manage('POST', 'connections', { name: 'other', config: configOf(changes) })
  expect([refused.status, refused.json<{ error: string }>().error]).toEqual([
    422,
    expect.stringMatching(sentence),
  ])
  expect((await manage('GET', 'connections/other')).status).toBe(404)
})

test('only who manages sees connections', async () => {
  const token = await createToken(postern, postern.demo, {
    allowed_apis: ['sql'],
    grants: on('public.capitals'),
  })
  for (const path of ['connections', 'connections/harbours', 'named-sources']) {
    const answer = await send(`${postern.url}/v3/${path}`, { headers: bearer(token.token) })
    expect([path, answer.status]).toEqual([path, 403])
    expect((await send(`${postern.url}/v3/${path}`)).status).toBe(401)
  }
  expect((await manage('GET', 'connections/carto-dw/token')).status).toBe(501)
})

test('what is on a connection is browsed down to its columns', async () => {
  const schemas = await manage('GET', 'connections/harbours/resources')
  expect(schemas.json()).toMatchObject({ children: [{ id: 'public', type: 'schema' }] })
  const table = await manage('GET', 'connections/harbours/resources/public.harbours')
  expect(table.json()).toMatchObject({
    type: 'table',
    schema: [
      { name: 'id', type: 'number' },
      { name: 'name', type: 'string' },
      { name: 'geom', type: 'geometry' },
    ],
    geomField: 'geom',
  })
  const hidden = await manage('GET', 'connections/harbours/resources/public.secrets')
  expect(hidden.status).toBe(404)
})

test('a token queries and draws what it was granted on the server, and nothing else', async () => {
  const { token } = await createToken(postern, postern.demo, {
    allowed_apis: ['sql', 'maps'],
    grants: onHarbours('public.harbours'),
  })
  const rows = await query('harbours', 'select id, geom from harbours order by id limit 1', token)
  expect([rows.status, rows.json()]).toMatchObject([
    200,
    { rows: [{ id: 1, geom: { type: 'Point', coordinates: [1, 51] } }] },
  ])
  expect((await query('harbours', 'select * from secrets', token)).status).toBe(403)
  expect((await query('default', 'select * from capitals', token)).status).toBe(404)

  const map = await send(
    `${postern.url}/v3/maps/harbours/table?name=public.harbours&format=tilejson`,
    { headers: bearer(token) },
  )
  expect(map.status).toBe(200)
  const [template = ''] = map.json<{ tiles: string[] }>().tiles
  const tile = await getWire(template.replace('{z}/{x}/{y}', '0/0/0'), bearer(token))
  expect(featuresOf(tile.body)).toHaveLength(3)
})

test('what is on the server is looked at as the role that was registered', async () => {
  const tables = await manage('GET', 'connections/harbours/tables')
  expect(tables.json()).toMatchObject({
    total: 1,
    tables: [{ id: 'public.harbours', privacy: null }],
  })
  const one = 'connections/harbours/tables/public.harbours'
  const rows = await manage('GET', `${one}/rows?limit=1`)
  expect([rows.status, rows.json()]).toMatchObject([
    200,
    { rows: [['1', 'harbour 1', 'POINT(1 51)']], has_more: true },
  ])
  expect((await manage('GET', `${one}/bounds`)).json()).toEqual({ bounds: [1, 51, 3, 53] })
  const tile = await getWire(
    `${postern.url}/v3/${one}/tiles/0/0/0`,
    bearer(postern.demo.master_key),
  )
  expect(featuresOf(tile.body)).toHaveLength(3)
  const hidden = await manage('GET', 'connections/harbours/tables/public.secrets/rows')
  expect(hidden.status).toBe(404)
})

test('a deleted token stops on the server as well, and its roles go', async () => {
  const { id, token } = await createToken(postern, postern.demo, {
    allowed_apis: ['sql'],
    grants: onHarbours('*'),
  })
  const endless = 'select count(*) from generate_series(1, 1000000000000) as n'
  const running = query('harbours', endless, token)
  const isActive = `select usename from pg_stat_activity
    where usename like 'postern\\_%' and state = 'active'`
  const { usename: role } = await until(async () => (await plain.query(isActive))[0])
  const removed = await tokensApi(postern, postern.demo.master_key).remove(id)
  expect(removed.status).toBe(204)
  expect((await running.catch(() => ({ status: 0 }))).status).not.toBe(200)
  expect(await plain.query(`select from pg_stat_activity where usename = '${role}'`)).toEqual([])
  expect(await plain.query(`select from pg_roles where rolname = '${role}'`)).toEqual([])
  expect((await query('harbours', 'select 1', token)).status).toBe(401)
})

test('a named source is asked for by its name, and follows when it is edited and deleted', async () => {
  const source = 'select id, geom from harbours where id <= @most'
  const made = await manage('POST', 'named-sources', {
    name: 'near-harbours',
    connection_name: 'harbours',
    source,
  })
  expect(made.status).toBe(201)
  const { token } = await createToken(postern, postern.demo, {
    allowed_apis: ['sql', 'maps'],
    grants: onHarbours('near-harbours'),
  })
  const ask = (q: string, most: number) => {
    const parameters = new URLSearchParams({ q, queryParameters: JSON.stringify({ most }) })
    return send(`${postern.url}/v3/sql/harbours/query?${parameters}`, { headers: bearer(token) })
  }
  expect((await ask('near-harbours', 2)).json<{ rows: unknown[] }>().rows).toHaveLength(2)
  expect((await ask('another-name', 2)).status).toBe(403)
  expect((await ask('select id, geom from harbours', 2)).status).toBe(403)
  const parameters = new URLSearchParams({
    q: 'near-harbours',
    queryParameters: '{"most":1}',
    format: 'tilejson',
  })
  const map = await send(`${postern.url}/v3/maps/harbours/query?${parameters}`, {
    headers: bearer(token),
  })
  const [template = ''] = map.json<{ tiles: string[] }>().tiles
  expect(template).toContain('near-harbours')
  const tile = await getWire(template.replace('{z}/{x}/{y}', '0/0/0'), bearer(token))
  expect(featuresOf(tile.body)).toHaveLength(1)

  const edited = await manage('PATCH', 'named-sources/near-harbours', {
    source: 'select id from harbours where id > @most',
  })
  expect(edited.status).toBe(200)
  expect((await ask('near-harbours', 2)).json<{ rows: unknown[] }>().rows).toEqual([{ id: 3 }])
  expect((await manage('DELETE', 'named-sources/near-harbours')).status).toBe(204)
  expect((await ask('near-harbours', 2)).status).toBe(403)
})

test("the owner's keys ask for named sources of the account's own database by their names", async () => {
  await runAsOwner(postern, postern.demo, 'create table berths (id int)')
  await manage('POST', 'named-sources', { name: 'all-berths', source: 'select id from berths' })
  const answer = await query('default', 'all-berths', postern.demo.master_key)
  expect([answer.status, answer.json()]).toMatchObject([200, { rows: [] }])
  const found = await manage('GET', 'named-sources?search=berth&pageSize=1')
  expect(found.json()).toMatchObject({ total: 1, result: [{ name: 'all-berths' }] })
})

test('a server that is away denies, and comes back by itself', async () => {
  const { token } = await createToken(postern, postern.demo, {
    allowed_apis: ['sql'],
    grants: onHarbours('public.harbours'),
  })
  await plain.query('alter role gate nologin')
  // Sessions that wait for the next request have logged in already.
  await plain.query(`select pg_terminate_backend(pid) from pg_stat_activity where usename = 'gate'`)
  const doctor = await postern.run('doctor', '--dry-run')
  expect(doctor.stdout).toMatch(/warning\s+connection harbours of demo: The server refused/)
  const health = await manage('GET', 'connections/harbours/health')
  expect([health.status, health.json()]).toMatchObject([200, { status: 'unreachable' }])
  const looked = await manage('GET', 'connections/harbours/tables/public.harbours/rows')
  expect([looked.status, looked.json<{ error: string }>().error]).toEqual([
    422,
    expect.stringMatching(/^The server refused/),
  ])
  // Tokens log in as themselves: they go on.
  expect((await query('harbours', 'select * from harbours', token)).status).toBe(200)
  await plain.query('alter role gate login')
})

test('a connection in use stays; when nothing names it any more it goes with what was made there', async () => {
  const refused = await manage('DELETE', 'connections/harbours')
  expect([refused.status, refused.json<{ error: string }>().error]).toEqual([
    409,
    expect.stringContaining('access tokens'),
  ])
  const api = tokensApi(postern, postern.demo.master_key)
  for (const { id, grants } of (await api.list()).json<
    { id: string; grants: { connection_name: string }[] }[]
  >()) {
    if (grants.some((grant) => grant.connection_name === 'harbours')) await api.remove(id)
  }
  const removed = await manage('DELETE', 'connections/harbours')
  expect(removed.status).toBe(204)
  expect(await plain.query(`select from pg_roles where rolname like 'postern\\_%'`)).toEqual([])
  expect((await manage('GET', 'connections/harbours')).status).toBe(404)
})
