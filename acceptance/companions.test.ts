import { type IncomingMessage, request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runAsOwner } from './support/populate-account.ts'
import { type AccountCredentials, type Postern, sleep, startPostern } from './support/postern.ts'
import { type Answer, basic, createKey, send, sql } from './support/requests.ts'

// What clients of the classic platform ask for beside SQL and maps.

let postern: Postern
let owner: AccountCredentials
let other: AccountCredentials
let reader: { token: string }

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.createAccount('owner')
  other = await postern.createAccount('bob')
  for (const statement of [
    'create table alpha (name text, the_geom geometry(Point, 4326))',
    "insert into alpha (name) select 'row ' || n from generate_series(1, 500) as n",
    "select CDB_CartodbfyTable('alpha')",
    'create table beta (name text)',
    'create table gamma (name text)',
    "comment on table gamma is 'About the third'",
    'create view delta as select name from beta',
    'create schema archive',
    'create table archive.epsilon (name text)',
    'create table secret_of_mine (name text)',
  ]) {
    await runAsOwner(postern, owner, statement)
  }
  await runAsOwner(postern, other, 'create table only_theirs (name text)')
  reader = await createKey(postern, owner, {
    tables: [{ name: 'alpha', permissions: ['select'] }],
  })
})
afterAll(() => postern.stop())

/** As carto-python sends it: the key in the query, or in the body where there is one. */
function ask(
  method: string,
  path: string,
  options: { body?: object; token?: string | undefined; account?: string } = {},
): Promise<Answer> {
  const { body, account = 'owner' } = options
  const token = 'token' in options ? options.token : owner.master_key
  const credential = token === undefined ? {} : { api_key: token }
  const url = new URL(`${postern.url}/user/${account}${path}`)
  if (body === undefined) {
    for (const [name, value] of Object.entries(credential)) url.searchParams.set(name, value)
    return send(String(url), { method })
  }
  return send(String(url), {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...body, ...credential, client: 'cps-1.11.3' }),
  })
}

type Visualization = Record<string, unknown> & {
  id: string
  name: string
  privacy: string
  table: { name: string; geometry_types: string[]; row_count: number; size: number }
}

async function list(
  query = '',
): Promise<{ visualizations: Visualization[]; total_entries: number }> {
  const answer = await ask('GET', `/api/v1/viz/?${query}`)
  expect(answer.status, answer.text).toBe(200)
  return answer.json()
}

const names = (visualizations: readonly Visualization[]) => visualizations.map(({ name }) => name)
const show = async (name: string) => (await ask('GET', `/api/v1/viz/${name}`)).json<Visualization>()
const change = (name: string, body: object) => ask('PUT', `/api/v1/viz/${name}`, { body })
const asPublic = (q: string) => sql(postern, 'owner', q)

describe('the list of datasets', () => {
  test('holds every table and view, with all that carto-python reads', async () => {
    const page = 'page=1&type=table&exclude_shared=true&with_dependent_visualizations=1'
    const { visualizations, total_entries } = await list(`${page}&order=name`)
    expect(names(visualizations)).toEqual([
      'alpha',
      'beta',
      'delta',
      'epsilon',
      'gamma',
      'secret_of_mine',
    ])
    expect(total_entries).toBe(6)
    expect(visualizations[0]).toMatchObject({
      id: expect.stringMatching(uuid),
      name: 'alpha',
      privacy: 'PRIVATE',
      license: null,
      attributions: null,
      description: null,
      tags: [],
      title: null,
      type: 'table',
      kind: 'geom',
      map_id: null,
      created_at: expect.stringMatching(timestamp),
      updated_at: expect.stringMatching(timestamp),
      locked: false,
      likes: 0,
      url: expect.stringContaining('/user/owner/api/v1/viz/'),
      user: { username: 'owner' },
      permission: { owner: { username: 'owner' }, entity: { type: 'vis' } },
      table: {
        name: 'alpha',
        geometry_types: ['ST_Point'],
        row_count: expect.any(Number),
        size: expect.any(Number),
      },
      synchronization: null,
      stats: [],
      dependent_visualizations: [],
      dependent_visualizations_count: 0,
    })
    expect(visualizations[4]).toMatchObject({ description: 'About the third' })
    expect(visualizations[3]).toMatchObject({ table: { name: 'archive.epsilon' } })
  })

  test.each([
    ['', 6],
    ['type=table&privacy=private', 6],
    ['q=LPH', 1],
    ['q=third', 1],
    ['name=beta', 1],
    ['locked=true', 0],
    ['shared=only', 0],
    ['shared=no&types=table,remote', 6],
    ['type=derived', 0],
    ['tags=none', 0],
    ['order=size&order_direction=desc', 6],
    ['order=mapviews', 6],
  ])('counts what its pages deliver: %s', async (query, total) => {
    const collected: string[] = []
    let announced = Number.NaN
    for (let page = 1; page < 9; page += 1) {
      const { visualizations, total_entries } = await list(`${query}&page=${page}&per_page=2`)
      announced = total_entries
      collected.push(...visualizations.map(({ id }) => id))
      if (visualizations.length === 0) break
    }
    expect(announced).toBe(total)
    expect(new Set(collected).size).toBe(total)
    expect(collected).toHaveLength(total)
  })

  test.each([
    ['order=nothing', "Wrong 'order' parameter value"],
    ['order_direction=up', "Wrong 'order_direction' parameter value"],
    ['page=0', "Wrong 'page' parameter value"],
    ['per_page=all', "Wrong 'per_page' parameter value"],
    ['page=1&page=2', "Wrong 'page' parameter value"],
    ['types=nothing', "Wrong 'types' parameter value"],
    ['locked=maybe', "Wrong 'locked' parameter value"],
    ['q=a&q=b', "Wrong 'q' parameter value"],
  ])('refuses %s in words', async (query, sentence) => {
    const answer = await ask('GET', `/api/v1/viz?${query}`)
    expect(answer.status).toBe(400)
    expect(answer.json()).toEqual({
      errors: expect.stringContaining(sentence),
      errors_cause: null,
    })
  })

  test('orders by time of change', async () => {
    await runAsOwner(postern, owner, "insert into alpha (name) values ('now')")
    const { visualizations } = await list('order=updated_at')
    expect(visualizations[0]?.name).toBe('alpha')
  })
})

describe('one dataset', () => {
  test('is found by its id and by its name', async () => {
    const { id } = await show('alpha')
    expect((await show(id)).name).toBe('alpha')
    expect((await show('archive.epsilon')).name).toBe('epsilon')
    expect((await show('epsilon')).table.name).toBe('archive.epsilon')
    expect((await ask('GET', `/api/v1/viz/${id}/`)).status).toBe(200)
  })

  test.each(['nowhere', 'only_theirs', 'pg_class', 'cdb_account', '%00', 'spatial_ref_sys'])(
    '%s is not there',
    async (name) => {
      for (const path of ['/api/v1/viz', '/api/v1/tables']) {
        const answer = await ask('GET', `${path}/${name}`)
        expect(answer.status).toBe(404)
        expect(answer.json()).toEqual({ errors: 'The dataset does not exist', errors_cause: null })
      }
    },
  )

  test('keeps its id when it is renamed, and another table gets another', async () => {
    const before = await show('beta')
    const answer = await change(before.id, { ...before, name: 'beta two' })
    expect(answer.status, answer.text).toBe(200)
    expect(answer.json()).toMatchObject({ id: before.id, name: 'beta two' })
    await runAsOwner(postern, owner, 'create table beta (name text)')
    expect((await show('beta')).id).not.toBe(before.id)
    await runAsOwner(postern, owner, 'drop table beta')
    expect((await change('beta two', { name: 'beta' })).status).toBe(200)
    expect((await show('beta')).id).toBe(before.id)
  })

  test('keeps what is said of it', async () => {
    const before = await show('gamma')
    const said = {
      description: "What's said",
      title: 'Third',
      tags: ['one', 'two'],
      license: 'CC0',
      attributions: 'Nobody',
      locked: true,
    }
    expect((await change('gamma', { ...before, ...said })).json()).toMatchObject(said)
    expect(await show('gamma')).toMatchObject(said)
    expect(names((await list('tags=two')).visualizations)).toEqual(['gamma'])
    expect((await list('locked=true')).total_entries).toBe(1)
    expect((await change('gamma', { ...before })).json()).toMatchObject({
      description: 'About the third',
      tags: [],
      locked: false,
    })
  })

  test.each([
    [{ name: 'alpha' }, 422, 'Validation failed: Name has already been taken'],
    [{ name: '' }, 422, /Name must have/],
    [{ name: 'x'.repeat(64) }, 422, /Name must have/],
    [{ name: 'a\0b' }, 422, /Name must be a text/],
    [{ name: 7 }, 422, /Name must be a text/],
    [{ privacy: 'PASSWORD' }, 422, /Privacy must be/],
    [{ privacy: null }, 422, /Privacy must be/],
    [{ tags: 'one' }, 422, /Tags must be/],
    [{ tags: [1] }, 422, /Tags must be/],
    [{ locked: 'yes' }, 422, /Locked must be/],
    [{ description: {} }, 422, /Description must be/],
  ])('refuses %j, and changes nothing', async (body, status, sentence) => {
    const before = await show('gamma')
    const answer = await change('gamma', { title: 'Not this', ...body })
    expect(answer.status, answer.text).toBe(status)
    const { errors } = answer.json<{ errors: string }>()
    if (typeof sentence === 'string') expect(errors).toBe(sentence)
    else expect(errors).toMatch(sentence)
    expect(await show('gamma')).toEqual(before)
  })

  test.each(['[]', '"text"', 'null', '{'])('refuses the body %s', async (body) => {
    const answer = await send(`${postern.url}/user/owner/api/v1/viz/gamma`, {
      method: 'PUT',
      headers: { ...basic('owner', owner.master_key), 'content-type': 'application/json' },
      body,
    })
    expect(answer.status).toBe(400)
    expect(answer.json()).toEqual({ errors: expect.any(String), errors_cause: null })
  })

  test('is dropped by DELETE, unless others are made from it', async () => {
    const refused = await ask('DELETE', '/api/v1/viz/beta')
    expect(refused.status).toBe(422)
    expect(refused.json<{ errors: string }>().errors).toContain('made from this one')
    for (const name of ['delta', 'archive.epsilon']) {
      const { id } = await show(name)
      const answer = await ask('DELETE', `/api/v1/viz/${id}`)
      expect({ status: answer.status, text: answer.text }).toEqual({ status: 204, text: '' })
      expect((await ask('GET', `/api/v1/viz/${id}`)).status).toBe(404)
      expect((await ask('DELETE', `/api/v1/viz/${id}`)).status).toBe(404)
    }
    expect((await sql(postern, 'owner', 'select * from delta', owner.master_key)).status).toBe(400)
  })

  test('is a table as well', async () => {
    const { id } = await show('alpha')
    const answer = await ask('GET', `/api/v1/tables/${id}`)
    expect(answer.json()).toMatchObject({
      id,
      name: 'alpha',
      privacy: 'PRIVATE',
      rows_counted: expect.any(Number),
      table_visualization: { id, name: 'alpha' },
    })
    const all = (await ask('GET', '/api/v1/tables?per_page=1')).json<{
      total_entries: number
      tables: unknown[]
    }>()
    expect(all.tables).toHaveLength(1)
    expect(all.total_entries).toBe((await list()).total_entries)
  })
})

describe('privacy', () => {
  test('opens a dataset to the public and closes it, at once', async () => {
    expect((await asPublic('select count(*) from gamma')).status).toBe(403)
    for (const privacy of ['PUBLIC', 'LINK', 'PUBLIC'] as const) {
      // As cartoframes does it: the whole object, with one member changed.
      const answer = await change('gamma', { ...(await show('gamma')), privacy })
      expect(answer.json()).toMatchObject({ privacy })
      expect((await asPublic('select count(*) from gamma')).status).toBe(200)
      const key = await sql(postern, 'owner', 'select count(*) from gamma', reader.token)
      expect(key.status).toBe(200)
      const listed = (await asPublic('select CDB_UserTables() as name')).json<{
        rows: { name: string }[]
      }>().rows
      expect(listed.some(({ name }) => name === 'gamma')).toBe(privacy === 'PUBLIC')
    }
    expect((await change('gamma', { privacy: 'private' })).json()).toMatchObject({
      privacy: 'PRIVATE',
    })
    expect((await asPublic('select count(*) from gamma')).status).toBe(403)
    expect((await sql(postern, 'owner', 'select count(*) from gamma', reader.token)).status).toBe(
      403,
    )
    // What the key was granted itself stays.
    expect((await sql(postern, 'owner', 'select count(*) from alpha', reader.token)).status).toBe(
      200,
    )
  })

  test('is what PostgreSQL says, whoever said it to PostgreSQL', async () => {
    const [row] = (await asPublic('select current_user as role')).json<{
      rows: { role: string }[]
    }>().rows
    await runAsOwner(postern, owner, `grant select on gamma to "${row?.role}"`)
    expect(await show('gamma')).toMatchObject({ privacy: 'PUBLIC' })
    await runAsOwner(postern, owner, `revoke select on gamma from "${row?.role}"`)
    expect(await show('gamma')).toMatchObject({ privacy: 'PRIVATE' })
    // Rights on one column, rights to write, and rights of everybody are rights as well.
    await runAsOwner(postern, owner, `grant select (name), insert on gamma to "${row?.role}"`)
    await runAsOwner(postern, owner, 'grant select on gamma to public')
    expect((await asPublic('select name from gamma')).status).toBe(200)
    await change('gamma', { privacy: 'PRIVATE' })
    expect((await asPublic('select name from gamma')).status).toBe(403)
    expect((await asPublic("insert into gamma values ('x')")).status).toBe(403)
  })

  test('LINK is in no list of the public', async () => {
    const listed = async () =>
      (
        await send(`${postern.url}/user/owner/api/v2/sql`, {
          method: 'POST',
          body: new URLSearchParams({ q: 'select tabname from cdb_tablemetadata_text' }),
        })
      ).json<{ rows: { tabname: string }[] }>().rows
    await runAsOwner(
      postern,
      owner,
      "create table eta as select 1 as one; select cdb_cartodbfytable('eta')",
    )
    await change('eta', { privacy: 'PUBLIC' })
    expect(await listed()).toContainEqual({ tabname: 'public.eta' })
    await change('eta', { privacy: 'LINK' })
    expect((await asPublic('select one from eta')).status).toBe(200)
    expect(await listed()).not.toContainEqual({ tabname: 'public.eta' })
  })

  test('is not that of a table whose name only looks like a schema and a name', async () => {
    await runAsOwner(postern, owner, 'create table theta as select 1 as one')
    await change('theta', { privacy: 'PUBLIC' })
    // As a key with `create` could.
    await runAsOwner(postern, owner, 'create table "public.theta" as select 2 as two')
    expect((await change('public.theta', { privacy: 'PRIVATE' })).json()).toMatchObject({
      name: 'theta',
    })
    expect((await asPublic('select one from theta')).status).toBe(403)
    expect(await show('public."public.theta"')).toMatchObject({ name: 'public.theta' })
  })

  test('opens the schema that a dataset is in', async () => {
    await runAsOwner(postern, owner, 'create table archive.zeta as select 1 as one')
    expect((await change('archive.zeta', { privacy: 'LINK' })).status).toBe(200)
    expect((await asPublic('select one from archive.zeta')).status).toBe(200)
    expect(await show('archive.zeta')).toMatchObject({ privacy: 'LINK' })
  })

  test('ends what the public, and keys by what the public may, are still being sent', async () => {
    await runAsOwner(
      postern,
      owner,
      "create table huge as select n, repeat('x', 1000) as text from generate_series(1, 20) as n",
    )
    expect((await change('huge', { privacy: 'PUBLIC' })).status).toBe(200)
    const statement = 'select a.text from huge a, huge b, huge c, huge d'
    const answers = [
      await startReading(statement),
      await startReading(statement, reader.token),
      await startReading('select n from huge, generate_series(1, 200000)', owner.master_key),
    ]
    await sleep(200)
    expect((await change('huge', { privacy: 'PRIVATE' })).status).toBe(200)
    // The owner may read it as before.
    expect(await Promise.all(answers.map((answer) => answer.rest()))).toEqual([false, false, true])
    expect((await asPublic('select 1 from huge')).status).toBe(403)
  })
})

describe('who may', () => {
  const managing = [
    ['GET', '/api/v1/viz'],
    ['GET', '/api/v1/viz/alpha'],
    ['PUT', '/api/v1/viz/alpha'],
    ['DELETE', '/api/v1/viz/alpha'],
    ['GET', '/api/v1/tables'],
    ['GET', '/api/v1/tables/alpha'],
    ['GET', '/api/v1/users/owner'],
  ] as const

  test.each(managing)('%s %s is for the master key of the account alone', async (method, path) => {
    const body = method === 'PUT' ? { body: { privacy: 'PUBLIC' } } : {}
    for (const token of [reader.token, 'default_public', undefined, other.master_key, 'x']) {
      const answer = await ask(method, path, { ...body, token })
      expect(answer.status).toBe(401)
      expect(answer.text).toBe('')
    }
    expect(await show('alpha')).toMatchObject({ privacy: 'PRIVATE' })
  })

  test('nobody learns from it which accounts there are', async () => {
    for (const account of ['bob', 'nobody']) {
      const answer = await ask('GET', '/api/v1/viz', { account })
      expect({ status: answer.status, text: answer.text }).toEqual({ status: 401, text: '' })
    }
    const answers = await Promise.all(
      ['bob', 'nobody'].map((name) => ask('GET', `/api/v1/users/${name}`)),
    )
    expect(answers.map(({ status }) => status)).toEqual([404, 404])
    expect(answers[0]?.text).toBe(answers[1]?.text)
  })
})

describe('who am I', () => {
  test('v1 and v3 tell of quota and numbers', async () => {
    const user = (await ask('GET', '/api/v1/users/owner/')).json<Record<string, unknown>>()
    expect(user).toMatchObject({
      id: expect.stringMatching(uuid),
      username: 'owner',
      quota_in_bytes: Number.MAX_SAFE_INTEGER,
      db_size_in_bytes: expect.any(Number),
    })
    await runAsOwner(postern, owner, 'select CDB_SetUserQuotaInBytes(100000000)')
    // As cartoframes asks: at the root, where only the key says whose it is.
    const me = await send(`${postern.url}/api/v3/me?api_key=${owner.master_key}`)
    const { user_data } = me.json<{ user_data: Record<string, number> }>()
    expect(user_data).toMatchObject({ id: user.id, username: 'owner', quota_in_bytes: 100_000_000 })
    expect(user_data.remaining_byte_quota).toBe(100_000_000 - (user_data.db_size_in_bytes ?? 0))
    await runAsOwner(postern, owner, 'select CDB_SetUserQuotaInBytes(0)')
    expect((await ask('GET', '/api/v3/me', { token: undefined })).status).toBe(401)
  })

  test('v4 tells any key, and names to those that may know', async () => {
    const nameless = {
      username: 'owner',
      organization_name: null,
      first_name: null,
      last_name: null,
      avatar_url: null,
      organization_owner: null,
    }
    const plain = await ask('GET', '/api/v4/me', { token: reader.token })
    expect(plain.json()).toEqual(nameless)
    expect(plain.headers.get('access-control-allow-origin')).toBe('*')
    expect((await ask('GET', '/api/v4/me')).json()).toMatchObject({ first_name: 'owner' })
    const profile = await makeKey([{ type: 'user', data: ['profile'] }])
    expect((await ask('GET', '/api/v4/me', { token: profile })).json()).toMatchObject({
      username: 'owner',
      first_name: 'owner',
      organization_owner: false,
    })
    const answer = await ask('GET', '/api/v4/me', { token: undefined })
    expect(answer.status).toBe(401)
  })
})

describe('/api/v4/datasets', () => {
  test('is for the master key and for keys with table_metadata', async () => {
    expect((await ask('GET', '/api/v4/datasets', { token: undefined })).status).toBe(401)
    for (const token of [reader.token, 'default_public']) {
      const answer = await ask('GET', '/api/v4/datasets', { token })
      expect(answer.status).toBe(403)
      expect(answer.json()).toEqual({
        errors: "You don't have permission to access that resource",
        errors_cause: null,
      })
    }
    const token = await makeKey([{ type: 'database', table_metadata: [] }])
    for (const allowed of [token, owner.master_key]) {
      const answer = await ask('GET', '/api/v4/datasets?per_page=2&page=1', { token: allowed })
      expect(answer.status, answer.text).toBe(200)
      const page = answer.json<{
        total: number
        count: number
        result: { name: string }[]
        _links: Record<string, { href: string }>
      }>()
      expect(page).toMatchObject({ count: 2, total: (await list()).total_entries })
      expect(page.result[0]).toEqual({
        name: 'alpha',
        mode: 'rw',
        privacy: 'private',
        cartodbfied: true,
        updated_at: expect.stringMatching(timestamp),
        table_schema: 'public',
        shared: false,
      })
      expect(page._links.next?.href).toContain(`api_key=${allowed}`)
      const next = await send(page._links.next?.href ?? '')
      expect(next.json<{ result: { name: string }[] }>().result[0]?.name).not.toBe('alpha')
      expect((await send(page._links.last?.href ?? '')).status).toBe(200)
    }
  })

  test('refuses an order that it does not know', async () => {
    const answer = await ask('GET', '/api/v4/datasets?order=wrong')
    expect(answer.status).toBe(400)
    expect(answer.json<{ errors: string }>().errors).toMatch(/^Wrong 'order' parameter value/)
  })
})

describe('what is not offered', () => {
  test.each([
    ['POST', '/api/v1/viz/'],
    ['POST', '/api/v1/imports/'],
    ['GET', '/api/v1/imports/some-id'],
    ['POST', '/api/v4/kuviz/'],
    ['GET', '/api/v4/do/token'],
    ['GET', '/api/v4/data/observatory/user/datasets'],
    ['POST', '/api/v1/synchronizations/'],
    ['GET', '/api/v1/organization/org/users/name'],
  ])('%s %s says so', async (method, path) => {
    const answer = await ask(method, path, method === 'POST' ? { body: {} } : {})
    expect(answer.status).toBe(501)
    expect(answer.json()).toEqual({
      errors: expect.stringMatching(/\.$/),
      errors_cause: null,
    })
  })

  test.each([
    ['GET', '/api/v1/map?config=%7B%7D'],
    ['POST', '/api/v1/map/named/'],
    ['GET', '/user/owner/api/v1/map/named/some/jsonp'],
  ])('%s %s says so as the Maps API does, to every page', async (method, path) => {
    const url = `${postern.url}${path}`
    const answer = await send(url, { method })
    expect(answer.status).toBe(501)
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    const message = expect.stringContaining('/v3/maps')
    const body = { errors: [message], errors_with_context: [{ type: 'unknown', message }] }
    expect(answer.json()).toEqual(body)
    const script = await send(`${url}${path.includes('?') ? '&' : '?'}callback=_cdbc_1`)
    expect(script.status).toBe(200)
    expect(script.text).toMatch(/_cdbc_1\(\{"errors":\[".*\}\);$/)
  })

  test.each(['/api/v1/viz/a/b', '/api/v1/users', '/api/v4/me/else'])(
    '%s is nowhere, in the same shape',
    async (path) => {
      const answer = await ask('GET', path)
      expect(answer.status).toBe(404)
      expect(answer.json()).toEqual({
        errors: 'There is nothing at this address.',
        errors_cause: null,
      })
    },
  )
})

test.each(['/api/v1/version', '/api/v2/version', '/user/owner/api/v2/version'])(
  '%s needs no credential',
  async (path) => {
    const answer = await send(`${postern.url}${path}`)
    expect(answer.json()).toEqual({ cartodb_sql_api: '6.0.0' })
  },
)

test.each(['/health', '/api/v1/health', '/user/owner/api/v2/health'])(
  '%s is well',
  async (path) => {
    const answer = await send(`${postern.url}${path}`)
    expect(answer.json()).toEqual({ enabled: true, ok: true, elapsed: expect.any(Number) })
  },
)

/** Makes a key with these sections beside the API grants; returns its token. */
async function makeKey(sections: readonly object[]): Promise<string> {
  const name = `key ${Math.random()}`
  const answer = await ask('POST', '/api/v3/api_keys', {
    body: { name, grants: [{ type: 'apis', apis: ['sql'] }, ...sections] },
  })
  expect(answer.status, answer.text).toBe(201)
  return answer.json<{ token: string }>().token
}

/** Begins to read an answer, slowly; `rest` reads on and says whether it came to its end. */
async function startReading(q: string, token?: string): Promise<{ rest(): Promise<boolean> }> {
  const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = request(
      `${postern.url}/user/owner/api/v2/sql`,
      {
        method: 'POST',
        agent: false,
        headers: {
          ...(token !== undefined && basic('owner', token)),
          'content-type': 'application/x-www-form-urlencoded',
        },
      },
      resolve,
    )
    outgoing.once('error', reject)
    outgoing.end(new URLSearchParams({ q }).toString())
  })
  expect(incoming.statusCode).toBe(200)
  incoming.on('error', () => {})
  incoming.pause()
  const closed = new Promise<void>((resolve) => incoming.once('close', resolve))
  return {
    async rest() {
      incoming.resume()
      await closed
      return incoming.complete
    },
  }
}
