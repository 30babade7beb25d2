import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type ApiKey,
  type AuthApi,
  apis,
  authApi,
  creating,
  database,
  expectError,
  expectUnauthorized,
  type KeyList,
  tablesOf,
} from './support/auth-api.ts'
import { holdTable } from './support/hold-table.ts'
import { type AccountCredentials, type Postern, startPostern } from './support/postern.ts'
import { type Answer, basic, createKey, send, sql } from './support/requests.ts'

// Parameters that every endpoint of the Auth API takes, and what the original does not know:
// description, expiry, what one key made granted to another.

let postern: Postern
let alice: AccountCredentials
let master: AuthApi
let regular: string

beforeAll(async () => {
  postern = await startPostern()
  alice = await postern.createAccount('alice')
  await postern.createAccount('bob')
  master = authApi(postern, 'alice', alice.master_key)
  const made = 'create table ground (id integer, the_geom geometry(point, 4326))'
  expect((await sql(postern, 'alice', made, alice.master_key)).status).toBe(200)
  regular = (await createKey(postern, alice, { name: 'regular' })).token
})
afterAll(() => postern.stop())

const json = { 'content-type': 'application/json' }

/** At the root of the server, where no path names an account. */
function atRoot(parameters: Record<string, string>, init: RequestInit = {}): Promise<Answer> {
  return send(`${postern.url}/api/v3/api_keys?${new URLSearchParams(parameters)}`, init)
}

async function created(body: Record<string, unknown>): Promise<ApiKey> {
  const answer = await master.create({ grants: [apis('sql', 'maps')], ...body })
  expect(answer.status, answer.text).toBe(201)
  const key = answer.json<ApiKey>()
  postern.keepSecret(key.token)
  return key
}

describe('user_domain', () => {
  test('names the account where nothing else does, in the query and in a JSON body', async () => {
    const named = await atRoot({ api_key: 'default_public', user_domain: 'alice' })
    expect(named.json<KeyList>().result[0]).toMatchObject({ user: { username: 'alice' } })
    expectUnauthorized(await atRoot({ api_key: 'default_public' }))
    const answer = await atRoot(
      {},
      {
        method: 'POST',
        headers: json,
        body: JSON.stringify({
          name: 'by domain',
          grants: [apis('sql')],
          api_key: alice.master_key,
          user_domain: 'alice',
        }),
      },
    )
    expect(answer.status, answer.text).toBe(201)
    postern.keepSecret(answer.json<ApiKey>().token)
  })

  test('that differs from the path, the Basic user or the key is 401', async () => {
    expectUnauthorized(await master.list({ user_domain: 'bob' }))
    expectUnauthorized(
      await atRoot({ user_domain: 'bob' }, { headers: basic('alice', alice.master_key) }),
    )
    expectUnauthorized(await atRoot({ api_key: alice.master_key, user_domain: 'bob' }))
    expectUnauthorized(await atRoot({ api_key: alice.master_key, user_domain: 'nobody' }))
    expectUnauthorized(await atRoot({ api_key: alice.master_key, user_domain: '../alice' }))
  })

  test('that agrees, or is empty, changes nothing', async () => {
    expect((await master.list({ user_domain: 'alice' })).status).toBe(200)
    expect((await master.list({ user_domain: '' })).status).toBe(200)
  })

  test('means nothing to the SQL API, as on the original', async () => {
    expect((await sql(postern, 'alice', 'select 1', regular, { user_domain: 'bob' })).status).toBe(
      200,
    )
  })
})

describe('92, 102, 112, 121, 131: target_user, where nobody is in an organization', () => {
  const member = { target_user: 'bob' }
  const sentence = "User 'bob' not found in the organization 'alice'"

  test('is not found, on all five endpoints, and nothing is done', async () => {
    const grants = [apis('sql')]
    expectError(await master.list(member), 404, sentence)
    expectError(await master.show('regular', member), 404, sentence)
    expectError(await master.create({ name: 'theirs', grants }, member), 404, sentence)
    expectError(await master.create({ name: 'theirs', grants, ...member }), 404, sentence)
    expectError(await master.remove('regular', member), 404, sentence)
    expectError(await master.regenerate('regular', member), 404, sentence)
    expect((await master.show('theirs')).status).toBe(404)
    expect((await master.show('regular')).json<ApiKey>().token).toBe(regular)
  })

  test('is the same for who exists and who does not; an empty one is none', async () => {
    expectError(
      await master.list({ target_user: 'nobody' }),
      404,
      "User 'nobody' not found in the organization 'alice'",
    )
    expect((await master.list({ target_user: '' })).status).toBe(200)
  })

  test('gives a key that may not manage keys nothing to find out', async () => {
    const api = authApi(postern, 'alice', regular)
    expectUnauthorized(await api.remove('regular', member))
    expectUnauthorized(await api.regenerate('regular', member))
    expectError(await api.list(member), 404, sentence)
  })
})

describe('callback', () => {
  function called(answer: Answer, name: string): unknown {
    expect(answer.headers.get('content-type')).toBe('application/javascript; charset=utf-8')
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    const text = answer.text
    expect(text.startsWith(`/**/${name}(`) && text.endsWith(')'), text).toBe(true)
    return JSON.parse(text.slice(`/**/${name}(`.length, -1))
  }

  test('makes a script of what list, show, create and regenerate answer', async () => {
    const callback = '$f_1'
    expect(called(await master.list({ callback }), callback)).toMatchObject({ total: 4 })
    expect(called(await master.show('Master', { callback }), callback)).toMatchObject({
      type: 'master',
    })
    const made = await master.create({ name: 'scripted', grants: [apis('sql')] }, { callback })
    expect(made.status).toBe(201)
    const { token } = called(made, callback) as ApiKey
    postern.keepSecret(token)
    const renewed = called(await master.regenerate('scripted', { callback }), callback) as ApiKey
    postern.keepSecret(renewed.token)
    expect(renewed.token).not.toBe(token)
    expect((await master.remove('scripted', { callback })).status).toBe(204)
  })

  test.each(['1f', 'a.b', 'alert(1)', 'f;g', 'a b', 'é', '</script>'])(
    'that is %j is refused before anything is done',
    async (callback) => {
      const answer = await master.create(
        { name: 'unscripted', grants: [apis('sql')] },
        { callback },
      )
      expect(answer.status).toBe(400)
      expect(answer.json()).toEqual({ errors: { callback: 'Invalid callback format' } })
      expect((await master.show('unscripted')).status).toBe(404)
      expect((await master.regenerate('regular', { callback })).status).toBe(400)
      expect((await master.show('regular')).json<ApiKey>().token).toBe(regular)
    },
  )

  test('that is empty is none', async () => {
    const answer = await master.list({ callback: '' })
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
  })
})

describe('links', () => {
  test('carry on every parameter of the request, and another page', async () => {
    const parameters = { per_page: '1', page: '2', type: 'master, default', client: 'a&b', x: '1' }
    const list = (await master.list(parameters)).json<KeyList>()
    for (const [name, page] of Object.entries({ first: '1', prev: '1', last: '2' })) {
      const { searchParams } = new URL(list._links[name]?.href ?? '')
      expect(Object.fromEntries(searchParams)).toEqual({ ...parameters, page })
    }
  })

  test('carry on the token that was used, and never one that was not', async () => {
    const unused = (await master.list({ api_key: regular, map_key: regular })).text
    expect(unused).not.toContain(`=${regular}`)
    const used = await send(`${postern.url}/user/alice/api/v3/api_keys?map_key=${regular}`)
    expect(used.json<KeyList>()._links.first?.href).toContain(`map_key=${regular}`)
  })
})

describe('a description', () => {
  test('is shown wherever the key is shown, and nowhere when there is none', async () => {
    const key = await created({ name: 'described', description: 'For the map on the front page.' })
    expect(key.description).toBe('For the map on the front page.')
    expect((await master.show('described')).json<ApiKey>().description).toBe(key.description)
    expect((await master.show('regular')).json()).not.toHaveProperty('description')
    expect((await master.show('regular')).json()).not.toHaveProperty('expires_at')
  })

  test('that is no text is refused with the rest that is wrong', async () => {
    expectError(
      await master.create({ name: '', grants: [apis('sql')], description: 5, expires_at: 'soon' }),
      422,
      "Validation failed: Name can't be blank, Description is invalid, Expires at has to be a time in ISO 8601 with its offset, such as 2030-01-31T12:00:00Z",
    )
  })
})

describe('a key that expires', () => {
  test('says when, and works until then', async () => {
    const key = await created({ name: 'later', expires_at: '2099-01-31T12:00:00+02:00' })
    expect(key.expires_at).toBe('2099-01-31T10:00:00.000Z')
    expect((await sql(postern, 'alice', 'select 1', key.token)).status).toBe(200)
    const renewed = (await master.regenerate('later')).json<ApiKey>()
    postern.keepSecret(renewed.token)
    expect(renewed.expires_at).toBe(key.expires_at)
    const listed = (await master.list({ type: 'regular' })).json<KeyList>().result
    expect(listed.find(({ name }) => name === 'later')?.expires_at).toBe(key.expires_at)
  })

  test('in the past is not made', async () => {
    expectError(
      await master.create({
        name: 'never',
        grants: [apis('sql')],
        expires_at: '2001-01-01T00:00:00Z',
      }),
      422,
      'Validation failed: Expires at has to be in the future',
    )
  })

  test('is 401 everywhere from that moment, cached or streaming, and can be seen and deleted', async () => {
    const expiresAt = new Date(Date.now() + 8_000)
    const key = await created({
      name: 'soon',
      grants: [apis('sql', 'maps'), database({ ground: ['select'] })],
      expires_at: expiresAt.toISOString(),
    })
    const maps = `${postern.url}/user/alice/v3/maps/default/table?name=nowhere&api_key=${key.token}`
    expect((await sql(postern, 'alice', 'select 1', key.token)).status).toBe(200)
    // Waits for ever: only the expiry ends it before its deadline.
    const letGo = await holdTable(postern, alice, 'ground')
    const running = sql(postern, 'alice', 'select * from ground', key.token)
    expect((await running).status).toBe(401)
    await letGo()
    expect(Date.now()).toBeGreaterThanOrEqual(expiresAt.getTime() - 5)
    await expect
      .poll(async () => (await sql(postern, 'alice', 'select 1', key.token)).status)
      .toBe(401)
    expectUnauthorized(await authApi(postern, 'alice', key.token).list())
    expect((await send(maps)).status).toBe(401)

    expect((await master.show('soon')).json<ApiKey>().expires_at).toBe(expiresAt.toISOString())
    const renewed = (await master.regenerate('soon')).json<ApiKey>()
    postern.keepSecret(renewed.token)
    expectUnauthorized(await authApi(postern, 'alice', renewed.token).list())
    expect((await master.remove('soon')).status).toBe(204)
  })
})

describe('what a key may grant and hold', () => {
  test('what one key made can be granted to another, to write as well, and revoked by its drop', async () => {
    const maker = await created({
      name: 'maker',
      grants: [apis('sql'), database({}, creating('public'))],
    })
    const asMaker = (q: string) => sql(postern, 'alice', q, maker.token)
    expect((await asMaker('create table made (id serial, name text)')).status).toBe(200)
    const writer = await created({
      name: 'writer',
      grants: [apis('sql'), database({ made: ['select', 'insert'] })],
    })
    expect(tablesOf(writer)).toEqual([
      { schema: 'public', name: 'made', owner: false, permissions: ['insert', 'select'] },
    ])
    const insert = "insert into made (name) values ('by the writer')"
    expect((await sql(postern, 'alice', insert, writer.token)).status).toBe(200)
    expect((await sql(postern, 'alice', 'delete from made', writer.token)).status).toBe(403)
    expect((await sql(postern, 'alice', 'select * from made', regular)).status).toBe(403)
    expect((await asMaker('drop table made')).status).toBe(200)
    expect(tablesOf((await master.show('writer')).json<ApiKey>())).toEqual([])
  })

  test('154: a key with create makes its table a dataset, fills, reads and drops it', async () => {
    const maker = await created({
      name: 'dataset maker',
      grants: [apis('sql'), database({}, creating('public'))],
    })
    for (const statement of [
      'create table own_dataset (name text)',
      "select cdb_cartodbfytable('own_dataset')",
      "insert into own_dataset (name, the_geom) values ('a', st_setsrid(st_makepoint(1, 2), 4326))",
    ]) {
      const answer = await sql(postern, 'alice', statement, maker.token)
      expect(answer.status, `${statement}: ${answer.text}`).toBe(200)
    }
    const read = await sql(postern, 'alice', 'select cartodb_id from own_dataset', maker.token)
    expect(read.json()).toMatchObject({ rows: [{ cartodb_id: 1 }] })
    expect((await sql(postern, 'alice', 'drop table own_dataset', maker.token)).status).toBe(200)
  })

  test('176, 177, 181, 187: services, datasets and batch are kept, also by a regenerated key', async () => {
    const grants = [
      apis('batch', 'do'),
      { type: 'dataservices', services: ['isolines', 'geocoding'] },
      { type: 'data-observatory', datasets: ['project.dataset.table'] },
      { type: 'user', data: ['profile'] },
    ]
    const key = await created({ name: 'served', grants })
    const [api, , ...more] = key.grants
    expect([api, ...more]).toEqual(grants.slice(0, 3))
    const again = await created({ name: 'served too', grants })
    const renewed = (await master.regenerate('served')).json<ApiKey>()
    postern.keepSecret(renewed.token)
    expect(renewed.grants).toEqual(key.grants)
    expect((await master.remove('served')).status).toBe(204)
    expect((await master.show('served too')).json<ApiKey>().grants).toEqual(again.grants)
  })
})
