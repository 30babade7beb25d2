import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { holdTable } from './support/hold-table.ts'
import { findPublicRole, runAsOwner } from './support/populate-account.ts'
import { type AccountCredentials, type Postern, startPostern } from './support/postern.ts'
import { sendRaw } from './support/raw-request.ts'
import { type Answer, basic, type CreatedKey, createKey, send, sql } from './support/requests.ts'
import { geometryFields, sqlValues } from './support/sql-values.ts'

// The numbers in brackets are those of the contract's checklist.

let postern: Postern
let owner: AccountCredentials
let stranger: AccountCredentials
let publicRole: string
let reader: CreatedKey
let mapsOnly: CreatedKey

/** Long enough for every other statement of this file. */
const statementTimeoutMs = 4_000

beforeAll(async () => {
  postern = await startPostern({ POSTERN_STATEMENT_TIMEOUT_MS: String(statementTimeoutMs) })
  owner = await postern.createAccount('owner')
  stranger = await postern.createAccount('bob')
  publicRole = await findPublicRole(postern, owner)
  for (const statement of [
    `create table open_table (
       id serial primary key, name text unique, size int check (size > 0))`,
    "insert into open_table (name, size) values ('a', 1), ('b', 2)",
    `grant select on open_table to "${publicRole}"`,
    'create table closed_table (id serial primary key, name text unique)',
    "insert into closed_table (name) values ('secret')",
    "create type mood as enum ('sad', 'ok')",
    'create domain percentage as int check (value between 0 and 100)',
    'create type pair as (a int, b text)',
  ]) {
    await runAsOwner(postern, owner, statement)
  }
  reader = await createKey(postern, owner, {
    tables: [{ name: 'closed_table', permissions: ['select'] }],
  })
  mapsOnly = await createKey(postern, owner, { apis: ['maps'] })
})
afterAll(() => postern.stop())

const asMaster = (q: string, parameters: Record<string, string> = {}) =>
  sql(postern, owner.account, q, owner.master_key, parameters)
const asPublic = (q: string, parameters: Record<string, string> = {}) =>
  sql(postern, owner.account, q, undefined, parameters)
const asReader = (q: string) => sql(postern, owner.account, q, reader.token)

const sqlPath = '/user/owner/api/v2/sql'
const get = (query: string, headers: Record<string, string> = {}) =>
  send(`${postern.url}${sqlPath}?${query}`, { headers })
const post = (body: string | FormData, contentType?: string) =>
  send(`${postern.url}${sqlPath}`, {
    method: 'POST',
    body,
    ...(contentType !== undefined && { headers: { 'content-type': contentType } }),
  })

type Result = {
  readonly rows: readonly Record<string, unknown>[]
  readonly time: number
  readonly fields: Record<string, unknown>
  readonly total_rows: number
  readonly error?: readonly string[]
  readonly notices?: readonly string[]
}

function expectRefusal(answer: Answer, status: number, body: object): void {
  expect(answer.status, answer.text).toBe(status)
  expect(answer.json()).toEqual(body)
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
  expect(answer.headers.get('content-disposition')).toBe('inline')
  expect(answer.headers.get('access-control-allow-origin')).toBe('*')
}

describe('the JSON answer', () => {
  test('has its members in the order that streaming parsers count on', async () => {
    const { status, text } = await asMaster('select 1 as a')
    expect(status).toBe(200)
    expect(text).toMatch(
      /^\{"rows":\[\{"a":1\}\],"time":[\d.]+,"fields":\{"a":\{"type":"number","pgtype":"int4"\}\},"total_rows":1\}$/,
    )
  })

  test.each(sqlValues)('tells %s as a %s (%s)', async (expression, type, pgtype, json) => {
    const answer = await asMaster(`select ${expression} as v`)
    expect(answer.text).toContain(`{"rows":[{"v":${json}}],`)
    expect(answer.json<Result>().fields).toEqual({ v: { type, pgtype } })
  })

  test.each(geometryFields)('describes %s by its type modifier', async (expression, field) => {
    const { rows, fields } = (await asMaster(`select ${expression} as v`)).json<Result>()
    expect(rows[0]?.v).toMatch(/^[0-9A-F]+$/)
    expect(fields).toEqual({ v: field })
  })

  test('tells domains as what they are made of, and enums and composites by their name', async () => {
    // A type that was made a moment ago is known from the second request on.
    const q =
      "select 7::percentage as d, 'ok'::mood as e, row(1,'x y')::pair as c, array['ok'::mood] as a"
    const first = (await asMaster(q)).json<Result>()
    const second = (await asMaster(q)).json<Result>()
    expect(second.rows).toEqual([{ d: 7, e: 'ok', c: '(1,"x y")', a: ['ok'] }])
    expect(second.fields).toEqual({
      d: { type: 'number', pgtype: 'int4' },
      e: { type: 'mood', pgtype: 'mood' },
      c: { type: 'pair', pgtype: 'pair' },
      a: { type: 'mood[]', pgtype: '_mood' },
    })
    expect(first.rows[0]).toMatchObject({ d: 7, e: 'ok' })
  })

  test('knows a type that was made after the database was first looked at', async () => {
    await asMaster('select 1')
    await runAsOwner(postern, owner, "create type late as enum ('x')")
    const unknown = (await asMaster("select 'x'::late as v")).json<Result>()
    const known = (await asMaster("select 'x'::late as v")).json<Result>()
    expect(unknown.fields.v).toEqual({
      type: expect.stringMatching(/^unknown\(\d+\)$/),
      pgtype: expect.stringMatching(/^unknown\(\d+\)$/),
    })
    expect(known.fields.v).toEqual({ type: 'late', pgtype: 'late' })
    expect([unknown.rows, known.rows]).toEqual([[{ v: 'x' }], [{ v: 'x' }]])
  })

  test('keeps the last of columns with one name', async () => {
    const { rows, fields } = (await asMaster("select 1 as a, 2 as b, 'x' as a")).json<Result>()
    expect(rows).toEqual([{ a: 'x', b: 2 }])
    expect(fields.a).toEqual({ type: 'string', pgtype: 'text' })
  })

  test('is not confused by names that mean something to JavaScript', async () => {
    const { text } = await asMaster('select 1 as "__proto__", 2 as "constructor", 3 as "a""b"')
    expect(text).toContain('{"rows":[{"__proto__":1,"constructor":2,"a\\"b":3}],')
    expect(text).toContain('"fields":{"__proto__":{"type":"number"')
  })

  test('describes its columns also when there are no rows', async () => {
    const result = (await asMaster('select 1 as a where false')).json<Result>()
    expect(result).toMatchObject({ rows: [], fields: { a: { pgtype: 'int4' } }, total_rows: 0 })
  })

  test.each(['', ' ; ', '-- nothing'])('of %j has no rows and no fields', async (q) => {
    const answer = await asPublic(q)
    expect(answer.status).toBe(200)
    expect(answer.json<Result>()).toMatchObject({ rows: [], fields: {}, total_rows: 0 })
  })

  test('counts the rows that a statement has changed', async () => {
    const run = async (q: string) => (await asMaster(q)).json<Result>()
    await run('create table counted (id serial, n int)')
    expect(await run('insert into counted (n) values (1), (2), (3)')).toMatchObject({
      rows: [],
      fields: {},
      total_rows: 3,
    })
    expect(await run('update counted set n = n + 1 where n < 3 returning n')).toMatchObject({
      rows: [{ n: 2 }, { n: 3 }],
      fields: { n: { pgtype: 'int4' } },
      total_rows: 2,
    })
    expect(await run('update counted set n = 0 where false returning n')).toMatchObject({
      rows: [],
      fields: { n: { pgtype: 'int4' } },
      total_rows: 0,
    })
    expect(await run('delete from counted')).toMatchObject({ rows: [], total_rows: 3 })
    expect(await run('create table copied as select 1 as a')).toMatchObject({ total_rows: 1 })
    expect(await run('drop table counted, copied')).toMatchObject({ rows: [], total_rows: 0 })
  })

  test('ends with what PostgreSQL remarked, notices before warnings', async () => {
    const answer = await asMaster(
      `do $$ begin raise warning 'careful'; raise notice 'hello'; raise notice 'again'; end $$`,
    )
    expect(answer.text).toMatch(
      /"total_rows":0,"notices":\["hello","again"\],"warnings":\["careful"\]\}$/,
    )
    const silent = await asMaster('select 1')
    expect(silent.json()).not.toHaveProperty('notices')
  })
})

describe('GeoJSON', () => {
  const geojson = (q: string, format = 'geojson') => asMaster(q, { format })

  test('is one collection, with properties in the order of the columns', async () => {
    const { text, headers } = await geojson(
      `select 2 as b, st_point(1.123456789, 2, 4326) as the_geom, 'x' as a,
              st_point(3, 4, 3857) as the_geom_webmercator`,
    )
    expect(text).toBe(
      '{"type": "FeatureCollection", "features": [{"type":"Feature","geometry":{"type":"Point","coordinates":[1.123457,2]},"properties":{"b":2,"a":"x"}}]}',
    )
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8')
  })

  test.each([
    ["'SRID=4326;POINT Z (1 2 3)'::geometry", { type: 'Point', coordinates: [1, 2, 3] }],
    ['null::geometry', null],
    [
      "'SRID=4326;POLYGON((0 0,1 0,1 1,0 0))'::geometry",
      {
        type: 'Polygon',
        coordinates: [
          [
            [0, 0],
            [1, 0],
            [1, 1],
            [0, 0],
          ],
        ],
      },
    ],
    ['st_point(1,2,4326)::geography', { type: 'Point', coordinates: [1, 2] }],
  ])('draws %s', async (expression, geometry) => {
    const answer = await geojson(`select ${expression} as the_geom, 1 as a -- and a comment`)
    expect(answer.json()).toEqual({
      type: 'FeatureCollection',
      features: [{ type: 'Feature', geometry, properties: { a: 1 } }],
    })
  })

  test('of no rows is an empty collection', async () => {
    const { text } = await geojson('select st_point(1,2) as the_geom where false;')
    expect(text).toBe('{"type": "FeatureCollection", "features": []}')
  })

  test('needs the column the_geom', async () => {
    const answer = await asPublic('select 1 as a', { format: 'geojson' })
    expectRefusal(answer, 400, { error: ['column "the_geom" does not exist'] })
  })

  test('is offered for what can be selected from only', async () => {
    const answer = await geojson("insert into open_table (name, size) values ('g', 1)")
    expect(answer.status).toBe(400)
    const rows = await runAsOwner(postern, owner, "select from open_table where name = 'g'")
    expect(rows).toEqual([])
  })

  test('cannot be left by closing its parenthesis', async () => {
    const answer = await geojson('select 1 as the_geom) as x; select * from (select 2 as the_geom')
    expect(answer.status).toBe(400)
  })
})

describe('the parameters', () => {
  test.each([
    ['q=select+1', 200],
    ['', 400],
    ['q=select+1&q=select+2', 400],
    ['q[a]=select+1', 400],
  ])('%j answers %i', async (query, status) => {
    const answer = await get(query)
    expect(answer.status, answer.text).toBe(status)
    if (status === 400) {
      expectRefusal(answer, 400, { error: ['You must indicate a sql query'] })
    }
  })

  test.each([
    ['format=json', 'json'],
    ['format=', 'json'],
    ['format=GeoJSON', 'geojson'],
    ['format=geojson&format=json', 'json'],
    ['format=json&format=geojson', 'geojson'],
  ])('%s asks for %s', async (parameters, format) => {
    const answer = await get(`q=select+st_point(1,2)+as+the_geom&${parameters}`)
    expect(answer.status, answer.text).toBe(200)
    expect(Object.keys(answer.json())[0]).toBe(format === 'json' ? 'rows' : 'type')
  })

  test('an unknown format is named in the answer', async () => {
    expectRefusal(await get('q=select+1&format=xyz'), 400, { error: ['Invalid format: xyz'] })
  })

  test('the body wins over the query', async () => {
    const answer = await send(`${postern.url}${sqlPath}?q=select+1+as+a&format=xyz`, {
      method: 'POST',
      body: new URLSearchParams({ q: 'select 2 as a', format: 'json' }),
    })
    expect(answer.json<Result>().rows).toEqual([{ a: 2 }])
  })

  test('parameters that are named like server state change nothing', async () => {
    const states = [
      'user',
      'role',
      'database',
      'dbuser',
      'dbname',
      'authorizationLevel',
      'principal',
    ]
    const extra = states.map((name) => `${name}=${encodeURIComponent('master')}`).join('&')
    const answer = await get(`q=select+current_user+as+role&${extra}`)
    expect(answer.json<Result>().rows).toEqual([{ role: publicRole }])
  })

  const one = { rows: [{ a: 1 }] }

  test('arrive in JSON', async () => {
    const answer = await post('{"q":"select 1 as a","format":"json"}', 'application/json')
    expect(answer.json()).toMatchObject(one)
  })

  test('arrive in a multipart form', async () => {
    const form = new FormData()
    form.set('q', "select 'é%+ ' as a")
    const answer = await post(form)
    expect(answer.json<Result>().rows).toEqual([{ a: 'é%+ ' }])
  })

  test('arrive in the query of a GET that calls itself JSON', async () => {
    const answer = await get('q=select+1+as+a', { 'content-type': 'application/json' })
    expect(answer.json()).toMatchObject(one)
  })

  test('arrive in forms that are barely escaped', async () => {
    const body =
      "q=select '100%' as a, '%zz' as b, 'é%' as c, '%C3%A9%' as d, 'a+b' as e, '%2B' as f"
    const answer = await post(body, 'application/x-www-form-urlencoded')
    expect(answer.json<Result>().rows).toEqual([
      { a: '100%', b: '%zz', c: 'é%', d: 'é%', e: 'a b', f: '+' },
    ])
  })

  test.each([
    ['{"q":', 'application/json', 'The request body is not valid JSON.'],
    ['[1]', 'application/json', 'You must indicate a sql query'],
    ['{"q":5}', 'application/json', 'You must indicate a sql query'],
    ['null', 'application/json', 'You must indicate a sql query'],
    ['q=select 1', 'text/plain', 'You must indicate a sql query'],
  ])('%s as %s is refused', async (body, contentType, sentence) => {
    expectRefusal(await post(body, contentType), 400, { error: [sentence] })
  })

  test('a body that is no form at all is refused', async () => {
    const answer = await post('--x\r\nrubbish', 'multipart/form-data; boundary=x')
    expect(answer.status).toBe(400)
    expect(answer.json<{ error: string[] }>().error).toHaveLength(1)
  })
})

describe('the address', () => {
  test.each(['/api/v1/sql', '/api/v2/sql', '/api/v2/sql/', '//api//v1/sql', '/api/any/sql'])(
    '%s answers under the path of the account',
    async (path) => {
      const answer = await sendRaw(postern.port, { path: `/user/owner${path}?q=select+1+as+a` })
      expect(answer.json<Result>().rows).toEqual([{ a: 1 }])
    },
  )

  test.each(['owner.localhost', 'OWNER.localhost:9', 'owner.127.0.0.1:1'])(
    'the host %s names the account',
    async (host) => {
      const answer = await sendRaw(postern.port, {
        path: '/api/v2/sql?q=select+current_user+as+role',
        headers: ['Host', host],
      })
      expect(answer.json<Result>().rows).toEqual([{ role: publicRole }])
    },
  )

  test('an unknown account is told before any key is looked at', async () => {
    const answer = await send(`${postern.url}/user/nobody/api/v2/sql?q=select+1&api_key=wrong`)
    expectRefusal(answer, 404, {
      error: [
        "Sorry, we can't find CARTO user 'nobody'. Please check that you have entered the correct domain.",
      ],
    })
  })

  test('without an account there is nobody to answer for', async () => {
    const answer = await send(`${postern.url}/api/v2/sql?q=select+1`)
    expect(answer.status).toBe(400)
    expect(answer.json()).toEqual({ error: ['No account was named.'] })
  })

  test.each(['PUT', 'DELETE', 'PATCH'])('%s asks the same as GET', async (method) => {
    const answer = await send(`${postern.url}${sqlPath}?q=select+1+as+a`, { method })
    expect(answer.json<Result>().rows).toEqual([{ a: 1 }])
  })

  test('HEAD runs the statement and sends no body', async () => {
    const answer = await send(`${postern.url}${sqlPath}?q=select+1+as+a`, { method: 'HEAD' })
    expect([answer.status, answer.text]).toEqual([200, ''])
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
  })
})

describe('the headers', () => {
  test('let every page read answers and errors', async () => {
    for (const answer of [await get('q=select+1'), await get('q=selec+1')]) {
      expect(answer.headers.get('access-control-allow-origin')).toBe('*')
      expect(answer.headers.get('access-control-allow-headers')).toContain('*')
      expect(answer.headers.get('access-control-allow-headers')).toContain('Authorization')
      expect(answer.headers.get('access-control-expose-headers')).toBe('*')
      expect(answer.headers.get('vary')).toContain('Authorization')
    }
  })

  test('answer a preflight without running anything', async () => {
    const q = encodeURIComponent("insert into open_table (name, size) values ('options', 1)")
    const answer = await send(`${postern.url}${sqlPath}?q=${q}&api_key=${owner.master_key}`, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://maps.example.com',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    })
    expect(answer.status).toBe(200)
    expect(answer.text).toBe('')
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    expect(answer.headers.get('access-control-allow-methods')).toContain('POST')
    const found = await runAsOwner(postern, owner, "select from open_table where name = 'options'")
    expect(found).toEqual([])
  })

  test('keep answers out of shared caches', async () => {
    const answer = await asReader('select * from closed_table')
    expect(answer.headers.get('cache-control')).toContain('private')
  })

  test.each([
    ['', 'inline; filename=cartodb-query.json;'],
    ['&format=json', 'attachment; filename=cartodb-query.json;'],
    ['&format=geojson', 'attachment; filename=cartodb-query.geojson;'],
    ['&filename=trees.tar.gz', 'attachment; filename=trees.tar.json;'],
    [
      `&filename=${encodeURIComponent('a;b "é"\r\nX: y')}`,
      'attachment; filename=a_b______X:_y.json;',
    ],
  ])('with %j name the file', async (parameters, beginning) => {
    const answer = await get(`q=select+st_point(1,2)+as+the_geom${parameters}`)
    const disposition = answer.headers.get('content-disposition') ?? ''
    expect(disposition.startsWith(beginning), disposition).toBe(true)
    expect(disposition).toMatch(/ modification-date="\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT";$/)
  })
})

describe('who runs it', () => {
  const role = 'q=select+current_user+as+role'
  const roleOf = (answer: Answer) => answer.json<Result>().rows[0]?.role

  test('without a key, with an empty one or with its name: the public role [1.2]', async () => {
    const requests = [
      await get(role),
      await get(`${role}&api_key=`),
      await get(`${role}&api_key=default_public`),
      await get(role, basic('owner', '')),
      await get(role, basic('owner', 'default_public')),
    ]
    expect(requests.map(roleOf)).toEqual(requests.map(() => publicRole))
  })

  test('with a key: its own role, wherever the key stands', async () => {
    const roles = [
      await get(role, basic('owner', reader.token)),
      await get(role, { authorization: `Bearer ${reader.token}` }),
      await get(`${role}&api_key=${reader.token}`),
      await get(`${role}&map_key=${reader.token}`),
      await post(`${role}&api_key=${reader.token}`, 'application/x-www-form-urlencoded'),
    ].map(roleOf)
    expect(new Set(roles).size).toBe(1)
    expect(roles[0]).toEqual(expect.any(String))
    expect([publicRole, roleOf(await asMaster('select current_user as role'))]).not.toContain(
      roles[0],
    )
  })

  test('with two keys: the one in the header, and nothing of the other', async () => {
    const answer = await get(
      `q=select+*+from+open_table+join+closed_table+using+(id)&api_key=${owner.master_key}`,
      basic('owner', 'default_public'),
    )
    expectRefusal(answer, 403, { error: ['permission denied for table closed_table'] })
  })

  test('an unknown key, and the key of another account [2, 16, 20, 23]', async () => {
    for (const token of ['wrong', stranger.master_key]) {
      for (const answer of [
        await get(`q=select+1&api_key=${token}`),
        await get('q=select+1', basic('owner', token)),
        await get('q=select+1', { authorization: `Bearer ${token}` }),
      ]) {
        expectRefusal(answer, 401, { error: ['Unauthorized'] })
        expect(answer.headers.has('www-authenticate')).toBe(false)
      }
    }
  })

  test('a key without the API', async () => {
    const answer = await get(`q=select+1&api_key=${mapsOnly.token}`)
    expectRefusal(answer, 403, { error: ['forbidden'] })
  })

  test('a Basic user who is not the account [15]', async () => {
    for (const user of ['bob', '', 'OWNER']) {
      const answer = await get('q=select+1', basic(user, owner.master_key))
      expectRefusal(answer, 403, { error: ['permission denied'] })
    }
  })

  test('a header that makes no sense is never taken for no key', async () => {
    for (const authorization of ['Basic', 'Basic !!!', 'Digest x', 'Bearer', 'OAuth a="b"']) {
      const answer = await get('q=select+1', { authorization })
      expectRefusal(answer, 401, { error: ['Unauthorized'] })
    }
  })

  test('the table that a key was given, and no other [3-7, 12, 13, 19, 24, 25]', async () => {
    expect((await asReader('select * from closed_table')).json<Result>().total_rows).toBe(1)
    expect((await asPublic('select * from open_table')).status).toBe(200)
    expect((await asReader('select * from open_table')).status).toBe(200)
    const denied = { error: ['permission denied for table closed_table'] }
    expectRefusal(await asPublic('select * from closed_table'), 403, denied)
    expectRefusal(await asReader("insert into closed_table (name) values ('x')"), 403, denied)
    expectRefusal(await asPublic('delete from open_table'), 403, {
      error: ['permission denied for table open_table'],
    })
  })

  test('the catalogue is for the master key [14, 26-29]', async () => {
    for (const relation of [
      'pg_attribute',
      'pg_catalog.pg_attribute',
      'PG_Attribute',
      'geometry_columns',
      'information_schema.tables',
    ]) {
      expect((await asMaster(`select * from ${relation} limit 1`)).status).toBe(200)
      expectRefusal(await asPublic(`select * from ${relation} limit 1`), 403, {
        error: ['system tables are forbidden'],
      })
    }
    for (const q of ["select 'pg_' as a", 'select 1 as pg_attribute']) {
      expect((await asPublic(q)).status).toBe(200)
    }
  })

  test('the master key may do everything with what is its own, also by GET [21, 22, 40]', async () => {
    for (const q of [
      'create table mine (id int, the_geom geometry(Point, 4326))',
      'alter table mine add column name text',
      "insert into mine (id, name) values (1, 'a')",
      'truncate table mine',
      'reindex table mine',
      'create function doubled(int) returns int language sql as $$ select $1 * 2 $$',
      'drop function doubled(int)',
      'drop table mine',
    ]) {
      const answer = await get(`q=${encodeURIComponent(q)}`, basic('owner', owner.master_key))
      expect(answer.status, `${q}: ${answer.text}`).toBe(200)
    }
  })
})

describe('errors', () => {
  test.each([
    ['selec 1', 400, 'syntax error at or near "selec"'],
    ['select 1 +', 400, 'syntax error at end of input'],
    ['select nope from open_table', 400, 'column "nope" does not exist'],
    ['select * from nope', 400, 'relation "nope" does not exist'],
    ['select nope()', 400, 'function nope() does not exist'],
    ['select 1/0', 400, 'division by zero'],
    ["select 'x'::int", 400, 'invalid input syntax for type integer: "x"'],
    ['drop table open_table', 400, 'must be owner of table open_table'],
    [
      'insert into open_table (nope) values (1)',
      400,
      'column "nope" of relation "open_table" does not exist',
    ],
    ["insert into open_table (name) values ('x')", 403, 'permission denied for table open_table'],
    ["select '\u0000'", 400, 'The statement contains a character that PostgreSQL cannot store.'],
  ])('%j: %i, in the words of PostgreSQL [37-39]', async (q, status, sentence) => {
    expectRefusal(await asPublic(q), status, { error: [sentence] })
  })

  test('details and hints, which quote rows and names, are for the owner alone', async () => {
    const misspelt = 'select nam from open_table'
    expectRefusal(await asMaster(misspelt), 400, {
      error: ['column "nam" does not exist'],
      hint: 'Perhaps you meant to reference the column "open_table.name".',
    })
    expectRefusal(await asPublic(misspelt), 400, { error: ['column "nam" does not exist'] })
    const writer = await createKey(postern, owner, {
      tables: [{ name: 'closed_table', permissions: ['insert'] }],
    })
    const again = "insert into closed_table (id, name) values (100, 'secret')"
    const violation = 'duplicate key value violates unique constraint "closed_table_name_key"'
    expectRefusal(await asMaster(again), 400, {
      error: [violation],
      detail: 'Key (name)=(secret) already exists.',
    })
    expectRefusal(await sql(postern, 'owner', again, writer.token), 400, { error: [violation] })
  })

  test('a statement that takes too long is stopped, and the next one runs [43]', async () => {
    const letGo = await holdTable(postern, owner, 'open_table')
    const started = Date.now()
    const answer = await asPublic('select count(*) from open_table')
    expectRefusal(answer, 429, {
      error: [
        "You are over platform's limits: SQL query timeout error. Refactor your query before running again or contact CARTO support for more details.",
      ],
      context: 'limit',
      detail: 'datasource',
    })
    expect(Date.now() - started).toBeGreaterThanOrEqual(statementTimeoutMs)
    await letGo()
    expect((await asPublic('select 1 as a')).json<Result>().rows).toEqual([{ a: 1 }])
    const running = await runAsOwner(
      postern,
      owner,
      `select from pg_stat_activity where usename = '${publicRole}' and state = 'active'`,
    )
    expect(running).toEqual([])
  })

  test('what would outlive the request is refused to the master key too, with the reason', async () => {
    for (const q of ['begin', 'set search_path to x', 'copy open_table to stdout']) {
      const answer = await asMaster(q)
      expect(answer.status, q).toBe(403)
      expect(answer.json<{ error: string[] }>().error[0]).toMatch(/\.$/)
    }
  })

  test('settings and notifications from inside a block are refused, and leave no trace', async () => {
    for (const [q, status] of [
      ["do $$ begin set datestyle = 'SQL'; end $$", 403],
      ['do $$ begin listen x; notify x; end $$', 403],
      ["do $$ begin set bytea_output = 'escape'; set statement_timeout = 1; end $$", 200],
    ] as const) {
      expect((await asMaster(q)).status, q).toBe(status)
      const { rows } = (
        await asMaster(
          "select '2020-01-02'::date as d, '\\x41'::bytea as b, pg_backend_pid() is null as n",
        )
      ).json<Result>()
      expect(rows).toEqual([
        { d: '2020-01-02T00:00:00Z', b: { type: 'Buffer', data: [0x41] }, n: false },
      ])
    }
  })
})
