import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AccountCredentials, type Postern, startPostern } from './support/postern.ts'
import { type Answer, createKey, send } from './support/requests.ts'
import { countSessions, openSuperuser } from './support/superuser.ts'
import { type AccessToken, createToken, on, tokensApi } from './support/tokens-api.ts'

let postern: Postern
let superuser: pg.Client
let inAccount: pg.Client
let control: pg.Client
let owner: AccountCredentials

beforeAll(async () => {
  postern = await startPostern({ POSTERN_RATE_LIMIT: '0' })
  superuser = await openSuperuser(postern)
  owner = postern.demo
  control = await openSuperuser(postern, 'postern_control')
  const { rows } = await control.query<{ database: string }>(
    `select database from account where name = 'demo'`,
  )
  inAccount = await openSuperuser(postern, rows[0]?.database)
})
afterAll(async () => {
  await Promise.all([superuser, control, inAccount].map((client) => client.end()))
  await postern.stop()
})

const api = () => tokensApi(postern, owner.master_key)
/** Counts the rows of a table through the classic SQL API: any credential works on any surface. */
const read = (token: string, table: string, headers: Record<string, string> = {}) =>
  send(`${postern.url}/api/v2/sql?q=${encodeURIComponent(`select count(*) as n from ${table}`)}`, {
    headers: { authorization: `Bearer ${token}`, ...headers },
  })
const refusalOf = (answer: Answer) => ({
  status: answer.status,
  error: [answer.json<{ error: string | string[] }>().error].flat().join(),
})
const sqlOf = (...sources: string[]) => ({ allowed_apis: ['sql'], grants: on(...sources) })

describe('a token', () => {
  test('is made, shown, listed, edited and deleted, by itself or by its id', async () => {
    const made = await api().create({ name: 'one map', ...sqlOf('public.capitals') })
    expect(made.status).toBe(201)
    expect(made.headers.get('cache-control')).toBe('no-store')
    const token = made.json<AccessToken>()
    expect(token).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      token: expect.stringMatching(/^pstt[0-9A-Za-z]{28}$/),
      name: 'one map',
      allowed_apis: ['sql'],
      grants: [{ connection_name: 'default', source: 'public.capitals' }],
      referers: [],
      expiration_date: null,
      account_id: expect.any(String),
      user_id: expect.any(String),
      created_at: expect.stringMatching(/Z$/),
      updated_at: expect.stringMatching(/Z$/),
      last_used_at: null,
    })
    for (const name of [token.token, token.id]) {
      expect((await api().get(name)).json()).toEqual(token)
    }
    expect((await api().list()).json<AccessToken[]>()).toContainEqual(token)
    const edited = await api().edit(token.id, { name: 'another name' })
    expect(edited.json()).toMatchObject({ name: 'another name', grants: token.grants })
    const removed = await api().remove(token.token)
    expect([removed.status, removed.text]).toEqual([204, ''])
    expect(removed.headers.get('postern-receipt')).toMatch(/^epoch=\d+/)
    expect(refusalOf(await api().get(token.id))).toEqual({ status: 404, error: 'Token not found' })
    expect(refusalOf(await api().remove(token.id)).status).toBe(404)
  })

  test('can have its sources checked before it is made', async () => {
    const check = (body: unknown) => tokensApi(postern, owner.master_key).check(body)
    const query = {
      connection_name: 'default',
      source: 'select name from capitals where country = @c',
    }
    expect((await check(query)).json()).toEqual({
      valid: true,
      kind: 'query',
      statement: query.source,
      named_source: false,
      columns: [{ name: 'name', type: 'text' }],
      parameters: [{ name: '@c', type: 'text' }],
    })
    expect((await check({ ...query, source: '*' })).json()).toEqual({ valid: true, kind: 'all' })
    expect((await check({ ...query, source: 'select nmae from capitals' })).json()).toEqual({
      valid: false,
      error: expect.stringContaining('nmae'),
      position: 8,
    })
    for (const body of [{}, { ...query, source: 1 }, []])
      expect((await check(body)).status).toBe(400)
  })

  test('that cannot be made is refused with the name of the field, and the place in its text', async () => {
    const refusal = await api().create(sqlOf('capitals', 'select nmae from capitals'))
    expect(refusal.json()).toMatchObject({ field: 'grants[1].source', position: 8, status: 400 })
    const other = await api().create({ ...sqlOf('capitals'), referers: ['https://a.b', 'a'] })
    expect(other.json()).toMatchObject({ field: 'referers[1]' })
  })

  test('is called tk_ and something short when nothing was said', async () => {
    const token = await createToken(postern, owner, { allowed_apis: ['lds'] })
    expect(token.name).toMatch(/^tk_[0-9A-Za-z]{8}$/)
  })

  test("has a name of its own among its user's", async () => {
    await createToken(postern, owner, { name: 'taken', allowed_apis: ['lds'] })
    const again = await api().create({ name: 'taken', allowed_apis: ['lds'] })
    expect(refusalOf(again)).toMatchObject({ status: 400, error: expect.stringMatching(/^name/) })
  })

  test('opens its table and nothing else', async () => {
    const { token } = await createToken(postern, owner, sqlOf('public.capitals'))
    expect((await read(token, 'capitals')).status).toBe(200)
    expect((await read(token, 'public.capitals')).status).toBe(200)
    expect((await read(token, 'surveys')).status).toBe(403)
    expect((await read(token, 'no_such_table')).status).toBe(403)
  })

  test('logs in with roles that hold just what was granted, past the gateway too', async () => {
    await createToken(postern, owner, {
      name: 'roles',
      allowed_apis: ['sql', 'maps'],
      grants: on('capitals', 'select note from surveys where cartodb_id = $1'),
    })
    const { rows } = await inAccount.query<{ relation: string; roles: number; writes: number }>(
      `select relname as relation, count(distinct role)::int as roles,
         count(*) filter (where has_table_privilege(role, c.oid, 'insert, update, delete'))::int as writes
       from pg_class c, unnest($1::text[]) as role
       where relname in ('capitals', 'surveys') and has_table_privilege(role, c.oid, 'select')
       group by relname order by relname`,
      [await rolesOf('roles')],
    )
    expect(rows).toEqual([
      { relation: 'capitals', roles: 1, writes: 0 },
      { relation: 'surveys', roles: 1, writes: 0 },
    ])
  })

  test.each([
    ['maps', '/v3/maps/default/table?name=brand_new_1', 1],
    ['maps', '/v3/maps/default/query?q=select+*+from+brand_new_2', 2],
    ['sql', '/v3/sql/default/query?q=select+*+from+brand_new_3', 3],
    [
      'sql',
      '/v3/sql/default/model/formula?type=table&source=brand_new_4&params=%7B%22column%22%3A%22*%22%2C%22operation%22%3A%22count%22%7D',
      4,
    ],
  ])('with a star opens a table at once, in %s by %s', async (api, path, number) => {
    const { token } = await createToken(postern, owner, { allowed_apis: [api], grants: on('*') })
    await asOwner(
      `create table brand_new_${number} (cartodb_id int primary key, the_geom postgis.geometry(point, 4326))`,
    )
    const answer = await send(`${postern.url}${path}`, {
      headers: { authorization: `Bearer ${token}` },
    })
    expect([answer.status, answer.text]).toEqual([200, expect.any(String)])
  })

  test('with a star opens tables that come later', async () => {
    const { token } = await createToken(postern, owner, sqlOf('*'))
    const pattern = await createToken(postern, owner, sqlOf('default.public.later_*'))
    await asOwner(
      'create table later_one (cartodb_id int primary key, the_geom postgis.geometry(point, 4326))',
    )
    await asOwner(
      'create table sooner_one (cartodb_id int primary key, the_geom postgis.geometry(point, 4326))',
    )
    expect((await read(token, 'later_one')).status).toBe(200)
    expect((await read(token, 'sooner_one')).status).toBe(200)
    expect((await read(pattern.token, 'later_one')).status).toBe(200)
    expect((await read(pattern.token, 'sooner_one')).status).toBe(403)
    await asOwner('alter table later_one rename to former_one')
    expect((await read(pattern.token, 'former_one')).status).toBe(403)
  })
})

describe('a deleted token is deleted', () => {
  test('its sessions, its roles and its answers end with it', async () => {
    const { token, id } = await createToken(postern, owner, {
      name: 'ending',
      ...sqlOf('capitals'),
    })
    expect((await read(token, 'capitals')).status).toBe(200)
    const roles = await rolesOf('ending')
    expect(roles).toHaveLength(1)
    expect((await api().remove(id)).status).toBe(204)
    expect(refusalOf(await read(token, 'capitals'))).toEqual({
      status: 401,
      error: 'Unauthorized',
    })
    for (const role of roles) expect(await countSessions(superuser, role)).toBe(0)
    const left = await superuser.query('select from pg_roles where rolname = any ($1)', [roles])
    expect(left.rowCount).toBe(0)
  })

  test('a narrowed one opens no more than what is left, from the answer on', async () => {
    const { token, id } = await createToken(postern, owner, sqlOf('capitals', 'surveys'))
    expect((await read(token, 'capitals')).status).toBe(200)
    const edited = await api().edit(id, { grants: on('surveys') })
    expect(edited.status).toBe(200)
    expect(edited.headers.get('postern-receipt')).toMatch(/^epoch=\d+/)
    expect((await read(token, 'capitals')).status).toBe(403)
    expect((await read(token, 'surveys')).status).toBe(200)
    await api().edit(id, { allowed_apis: ['lds'], grants: [] })
    expect((await read(token, 'surveys')).status).toBe(403)
  })

  test('an expired one opens nothing', async () => {
    const soon = new Date(Date.now() + 5_000)
    const { token } = await createToken(postern, owner, {
      ...sqlOf('capitals'),
      expiration_date: soon.toISOString(),
    })
    const { status } = await read(token, 'capitals')
    // On a machine that is very busy it can be over by now.
    if (Date.now() < soon.getTime()) expect(status).toBe(200)
    await expect
      .poll(async () => (await read(token, 'capitals')).status, { interval: 300 })
      .toBe(401)
  })
})

describe('a token is private', () => {
  test('other accounts do not find it, and nothing but a manager manages it', async () => {
    const token = await createToken(postern, owner, sqlOf('capitals'))
    const other = await postern.createAccount('bob')
    const stranger = tokensApi(postern, other.master_key)
    for (const name of [token.token, token.id]) {
      expect((await stranger.get(name)).status).toBe(404)
      expect((await stranger.edit(name, { name: 'mine' })).status).toBe(404)
      expect((await stranger.remove(name)).status).toBe(404)
    }
    expect((await stranger.list()).json()).toEqual([])
    const key = await createKey(postern, owner, { tables: [] })
    for (const bearer of [token.token, key.token]) {
      const refused = tokensApi(postern, bearer)
      for (const answer of [
        await refused.list(),
        await refused.get(token.id),
        await refused.create(sqlOf('*')),
        await refused.edit(token.id, { referers: [] }),
        await refused.remove(token.id),
      ]) {
        expect(refusalOf(answer)).toMatchObject({
          status: 403,
          error: expect.stringContaining('manages nothing'),
        })
      }
    }
    expect(refusalOf(await send(`${postern.url}/v3/tokens`))).toEqual({
      status: 401,
      error: 'Token not defined',
    })
    expect((await api().get(token.id)).status).toBe(200)
  })
})

describe('referers', () => {
  test('are kept as origins, and what was left out is said', async () => {
    const token = await createToken(postern, owner, {
      ...sqlOf('capitals'),
      referers: ['https://a.example/', 'https://b.example/some/path', 'https://*.c.example'],
    })
    expect(token.referers).toEqual([
      'https://a.example',
      'https://b.example',
      'https://*.c.example',
    ])
    expect(token.notes).toHaveLength(2)
    const from = async (headers: Record<string, string>) =>
      (await read(token.token, 'capitals', headers)).status
    expect(await from({ referer: 'https://a.example/' })).toBe(200)
    expect(await from({ origin: 'https://a.example' })).toBe(200)
    expect(await from({ referer: 'https://x.c.example/page' })).toBe(200)
    for (const headers of [
      {},
      { referer: 'https://evil.example/' },
      { origin: 'null' },
      { referer: 'https://a.example/', origin: 'https://evil.example' },
    ]) {
      const answer = await read(token.token, 'capitals', headers as Record<string, string>)
      expect(refusalOf(answer)).toEqual({ status: 403, error: 'Unauthorized referer' })
    }
  })
})

describe('what cannot be is refused with the name of the member', () => {
  test.each([
    [{ allowed_apis: ['maps'] }, 'grants'],
    [{ allowed_apis: ['imports', 'maps'], grants: on('capitals') }, 'allowed_apis'],
    [{ allowed_apis: ['imports'], grants: on('select 1 as n') }, 'grants'],
    [{ allowed_apis: [] }, 'allowed_apis'],
    [{ allowed_apis: ['everything'] }, 'allowed_apis'],
    [{ allowed_apis: 'maps' }, 'allowed_apis'],
    [
      { ...sqlOf('capitals'), grants: [{ connection_name: 'nope', source: '*' }] },
      'grants[0].connection_name',
    ],
    [sqlOf('no_such_table'), 'grants[0].source'],
    [sqlOf('capitals', 'public.no_such'), 'grants[1].source'],
    [sqlOf('other.public.capitals'), 'grants[0].source'],
    [sqlOf('public.*'), 'grants[0].source'],
    [sqlOf('pg_class'), 'grants[0].source'],
    [sqlOf('select * from pg_class'), 'grants[0].source'],
    [sqlOf('selec name from capitals'), 'grants[0].source'],
    [sqlOf('select nope from capitals'), 'grants[0].source'],
    [sqlOf('select * from no_such'), 'grants[0].source'],
    [sqlOf('delete from capitals'), 'grants[0].source'],
    [sqlOf('select 1; select 2'), 'grants[0].source'],
    [sqlOf('select * from capitals for update'), 'grants[0].source'],
    [sqlOf(''), 'grants[0].source'],
    [{ allowed_apis: ['maps'], grants: [{ connection_name: 'default' }] }, 'grants[0].source'],
    [{ ...sqlOf('capitals'), referers: ['example.com'] }, 'referers[0]'],
    [{ ...sqlOf('capitals'), referer: ['https://a.example'] }, 'referer'],
    [{ ...sqlOf('capitals'), expiration_date: '2001-01-01' }, 'expiration_date'],
    [{ ...sqlOf('capitals'), expiration_date: 'soon' }, 'expiration_date'],
    [{ ...sqlOf('capitals'), name: 7 }, 'name'],
    [[], 'The body'],
  ])('%j: %s', async (body, member) => {
    const { total } = { total: (await api().list('?pageSize=1')).headers.get('x-total-count') }
    const answer = await api().create(body)
    // Where in a query, its own test asks.
    const { position: _, ...refusal } = answer.json<Record<string, unknown>>()
    expect(refusal).toEqual({
      error: expect.stringContaining(member),
      description: expect.stringContaining(member),
      status: 400,
      ...(member !== 'The body' && { field: member }),
    })
    expect((await api().list('?pageSize=1')).headers.get('x-total-count')).toBe(total)
  })

  test('and an expiry is said once', async () => {
    const { id } = await createToken(postern, owner, sqlOf('capitals'))
    const answer = await api().edit(id, { expiration_date: '2100-01-01' })
    expect(refusalOf(answer)).toMatchObject({ status: 400, error: expect.stringMatching(/^expir/) })
  })
})

async function rolesOf(name: string): Promise<string[]> {
  const { rows } = await control.query<{ role: string }>(
    `select role from access_token_role r join access_token t on t.id = r.token_id
     where t.name = $1 order by role`,
    [name],
  )
  return rows.map(({ role }) => role)
}

async function asOwner(q: string): Promise<void> {
  const answer = await send(`${postern.url}/user/${owner.account}/api/v2/sql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${owner.master_key}` },
    body: new URLSearchParams({ q }),
  })
  if (answer.status !== 200) throw new Error(answer.text)
}
