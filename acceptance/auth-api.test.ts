import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type ApiKey,
  type AuthApi,
  apis,
  authApi,
  clientWays,
  database,
  expectError,
  expectUnauthorized,
  type KeyList,
  noTables,
  ownerWays,
  sessionApi,
  type TokenPlace,
  tablesOf,
} from './support/auth-api.ts'
import { type AuthApiAccounts, openAuthApiAccounts } from './support/auth-api-accounts.ts'
import type { AccountCredentials, Postern } from './support/postern.ts'
import { sendRaw } from './support/raw-request.ts'
import { type Answer, basic, send, sql } from './support/requests.ts'
import { signIn } from './support/sign-in.ts'

// Numbers are those of the contract's checklist: the Auth API of the classic platform.

let postern: Postern
let alice: AccountCredentials
let bob: AccountCredentials
let master: AuthApi
let created: AuthApiAccounts['created']
let kept: AuthApiAccounts['kept']

beforeAll(async () => {
  ;({ postern, alice, bob, master, created, kept } = await openAuthApiAccounts())
})
afterAll(() => postern.stop())

const timePattern = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000$/

/** With the master key, or as the account's owner who has signed in. */
async function ownerApi(
  owner: AccountCredentials,
  [place, account]: (typeof ownerWays)[number],
): Promise<AuthApi> {
  const { account: name, master_key, password } = owner
  return place === 'session'
    ? sessionApi(postern, name, await signIn(postern, name, name, password))
    : authApi(postern, name, master_key, place, account)
}

describe.each(ownerWays)('with the rights of an owner, sent by %s, account by %s', (...way) => {
  let api: AuthApi
  const named = (name: string) => `${name} by ${way.join(' and ')}`

  beforeAll(async () => {
    api = await ownerApi(alice, way)
  })

  test('6, 7, 8, 9: creating answers 201 with the whole key and nothing else', async () => {
    const answer = await api.create({
      name: named('whole'),
      grants: [
        apis('sql', 'maps'),
        database({ parcels: ['select', 'insert', 'update', 'delete'], roads: ['select'] }),
      ],
    })
    expect(answer.status, answer.text).toBe(201)
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(answer.json()).toEqual({
      name: named('whole'),
      user: { username: 'alice' },
      type: 'regular',
      token: expect.stringMatching(/^[A-Za-z0-9]{22,}$/),
      grants: [
        { type: 'apis', apis: ['sql', 'maps'] },
        {
          type: 'database',
          tables: [
            {
              schema: 'public',
              name: 'parcels',
              owner: false,
              permissions: ['delete', 'insert', 'select', 'update'],
            },
            { schema: 'public', name: 'roads', owner: false, permissions: ['select'] },
          ],
          schemas: [
            { name: 'information_schema', permissions: ['usage'] },
            { name: 'public', permissions: ['usage'] },
          ],
        },
      ],
      created_at: expect.stringMatching(timePattern),
      updated_at: expect.stringMatching(timePattern),
      last_used_at: null,
      request_count: 0,
    })
    const { created_at } = answer.json<ApiKey>()
    const ageMs = Date.now() - Date.parse(created_at.replace(' +0000', 'Z'))
    expect(Math.abs(ageMs)).toBeLessThan(60_000)
  })

  test('10: a key may open no API, no table and no schema', async () => {
    const key = await created(api, named('nothing'), [
      apis(),
      database({ parcels: [] }, { schemas: [{ name: 'public', permissions: [] }] }),
    ])
    expect(key.grants[0]).toEqual({ type: 'apis', apis: [] })
    expect(tablesOf(key)).toEqual([])
  })

  test('11: a data-observatory section is kept', async () => {
    const datasets = ['project.dataset.table_v1']
    const key = await created(api, named('observatory'), [
      apis('sql'),
      { type: 'data-observatory', datasets },
    ])
    expect(key.type).toBe('regular')
    expect(key).not.toHaveProperty('id')
    expect(key.grants.at(-1)).toEqual({ type: 'data-observatory', datasets })
  })

  test.each([
    ['12', undefined],
    ['13', 'sql'],
    ['14', {}],
    ['', null],
  ])('%s: grants that are %j are not an array', async (_number, grants) => {
    expectError(
      await api.create({ name: named('no grants'), grants }),
      422,
      'Validation failed: Grants ["grants has to be an array"]',
    )
  })

  test('15: a permission that does not exist is named with those that do', async () => {
    expectError(
      await api.create({
        name: named('bad verb'),
        grants: [apis('sql'), database({ parcels: ['read'] })],
      }),
      422,
      /^Validation failed: Grants The property '#\/1\/tables\/0\/permissions\/0' value "read" did not match one of the following values: insert, select, update, delete in schema /,
    )
  })

  test('16: a table that is not there cannot be granted', async () => {
    expectError(
      await api.create({
        name: named('no table'),
        grants: [apis('sql'), database({ nowhere: ['select'] })],
      }),
      422,
      noTables,
    )
  })

  test('17: a table of another schema cannot be granted by its name alone', async () => {
    const tables = [{ schema: 'wrong', name: 'parcels', permissions: ['select'] }]
    expectError(
      await api.create({
        name: named('no schema'),
        grants: [apis('sql'), { type: 'database', tables }],
      }),
      422,
      noTables,
    )
  })

  test('18: a name can be used once', async () => {
    const body = { name: named('twice'), grants: [apis('sql')] }
    expect((await api.create(body)).status).toBe(201)
    expectError(await api.create(body), 422, 'Validation failed: Name has already been taken')
  })

  test('20: a deleted key is gone, and its name is free', async () => {
    const body = { name: named('short-lived'), grants: [apis('sql')] }
    const { token } = await created(api, body.name, body.grants)
    const answer = await api.remove(body.name)
    expect(answer.status).toBe(204)
    expect(answer.text).toBe('')
    expectError(await api.show(body.name), 404, `API key not found: ${body.name}`)
    expectUnauthorized(await authApi(postern, 'alice', token).list())
    expect((await api.create(body)).status).toBe(201)
  })

  test.each([
    ['21', 'Master'],
    ['22', 'Default public'],
  ])('%s: %s cannot be deleted', async (_number, name) => {
    expectError(await api.remove(name), 403, "You don't have permission to access that resource")
    expect((await api.show(name)).status).toBe(200)
  })

  test.each([
    ['23', 'no such key'],
    ['24', '6a2e7a0e-4d0f-4a2e-9d8f-4f6a2a8f0c11'],
  ])('%s: deleting %s, which is no key, is 404', async (_number, name) => {
    expectError(await api.remove(name), 404, `API key not found: ${name}`)
  })

  test("25, 32: another account's key is not found, and survives", async () => {
    const theirs = authApi(postern, 'bob', bob.master_key)
    await created(theirs, named('of bob'), [apis('sql')])
    expectError(await api.remove(named('of bob')), 404, `API key not found: ${named('of bob')}`)
    expectError(await api.show(named('of bob')), 404, `API key not found: ${named('of bob')}`)
    expectError(await api.regenerate(named('of bob')), 404, /^API key not found: /)
    expect((await theirs.show(named('of bob'))).status).toBe(200)
  })

  test('26: regenerating gives a new token to the same key', async () => {
    const before = await created(api, named('renewed'), [
      apis('sql'),
      database({ parcels: ['select'] }),
    ])
    const answer = await api.regenerate(before.name)
    expect(answer.status, answer.text).toBe(200)
    const after = kept(answer.json<ApiKey>())
    expect(after.token).toMatch(/^[A-Za-z0-9]{22,}$/)
    expect(after.token).not.toBe(before.token)
    expect({ ...after, token: '', updated_at: '' }).toEqual({
      ...before,
      token: '',
      updated_at: '',
    })
    expect((await api.show(before.name)).json<ApiKey>().token).toBe(after.token)
    expectUnauthorized(await authApi(postern, 'alice', before.token).list())
    expect((await authApi(postern, 'alice', after.token).list()).status).toBe(200)
  })

  test('28: a key with tables and table_metadata shows both', async () => {
    const key = await created(api, named('lister'), [
      apis('sql'),
      database({ roads: ['select'] }, { table_metadata: [] }),
    ])
    const shown = (await api.show(key.name)).json<ApiKey>()
    expect(shown).toEqual(key)
    expect(shown.grants[1]).toMatchObject({ table_metadata: [] })
    expect(tablesOf(shown)).toEqual([
      { schema: 'public', name: 'roads', owner: false, permissions: ['select'] },
    ])
  })

  test('30: showing a key that is not there is 404', async () => {
    expectError(await api.show('no such key'), 404, 'API key not found: no such key')
  })

  test('regenerating a key that is not there is 404', async () => {
    expectError(await api.regenerate('no such key'), 404, 'API key not found: no such key')
  })

  test('175: the token of the default public key is a fixed word', async () => {
    expectError(
      await api.regenerate('Default public'),
      403,
      "You don't have permission to access that resource",
      'The token of the default public key is always default_public.',
    )
  })
})

describe('listing', () => {
  const keyNames = ['amber', 'blue', 'cyan']
  let owner: AccountCredentials
  let fresh: AuthApi
  const tokens: Record<string, string> = {}

  beforeAll(async () => {
    owner = await postern.createAccount('lister')
    const credentials = await postern.createAccount('owner')
    fresh = authApi(postern, 'owner', credentials.master_key)
    const api = authApi(postern, 'lister', owner.master_key)
    for (const name of keyNames) tokens[name] = (await created(api, name, [apis('sql')])).token
  })

  const builtIns = ['Master', 'Default public']
  const everybody = [...builtIns, ...keyNames]

  describe.each(ownerWays)('sent by %s, account by %s', (...way) => {
    const [place] = way
    let api: AuthApi
    beforeAll(async () => {
      api = await ownerApi(owner, way)
    })
    const list = async (parameters: Record<string, string> = {}) => {
      const answer = await api.list(parameters)
      expect(answer.status, answer.text).toBe(200)
      return answer.json<KeyList>()
    }
    const names = async (parameters: Record<string, string> = {}) =>
      (await list(parameters)).result.map((key) => key.name)
    const refused = async (parameters: Record<string, string>, sentence: string) =>
      expectError(await api.list(parameters), 400, sentence)
    /** Which page each link leads to. */
    const pages = (list: KeyList) =>
      Object.fromEntries(
        Object.entries(list._links).map(([name, { href }]) => [
          name,
          new URL(href).searchParams.get('page'),
        ]),
      )

    test('33, 34, 35, 55: without a filter master comes first, then default, then regular', async () => {
      expect(await names()).toEqual(everybody)
      expect(await names({ type: '' })).toEqual(everybody)
    })

    test('37, 38, 39: pages of two', async () => {
      const first = await list({ per_page: '2', order: 'name' })
      expect(first).toMatchObject({ total: 5, count: 2 })
      expect(first.result.map((key) => key.name)).toEqual(everybody.slice(0, 2))
      expect(pages(first)).toEqual({ first: '1', next: '2', last: '3' })
      const second = await list({ per_page: '2', order: 'name', page: '2' })
      expect(second).toMatchObject({ total: 5, count: 2 })
      expect(second.result.map((key) => key.name)).toEqual(everybody.slice(2, 4))
      expect(pages(second)).toEqual({ first: '1', prev: '1', next: '3', last: '3' })
      const third = await list({ per_page: '2', order: 'name', page: '3' })
      expect(third).toMatchObject({ total: 5, count: 1 })
      expect(third.result.map((key) => key.name)).toEqual(everybody.slice(4))
      expect(pages(third)).toEqual({ first: '1', prev: '2', last: '3' })
    })

    test('40: a page of three', async () => {
      const page = await list({ per_page: '3' })
      expect(page).toMatchObject({ total: 5, count: 3 })
      expect(pages(page)).toEqual({ first: '1', next: '2', last: '2' })
    })

    test.each(['10', '100000'])('41: a page of %s holds all', async (per_page) => {
      const page = await list({ per_page })
      expect(page).toMatchObject({ total: 5, count: 5 })
      expect(pages(page)).toEqual({ first: '1', last: '1' })
    })

    test('a page behind the last is empty', async () => {
      const page = await list({ per_page: '2', page: '9' })
      expect(page).toMatchObject({ total: 5, count: 0, result: [] })
      expect(page._links).not.toHaveProperty('next')
    })

    test('links lead to the pages that they name', async () => {
      const page = await list({ per_page: '2', order: 'name', type: 'regular,default' })
      if (place !== 'session') {
        const headers = place === 'query' ? {} : authorization(place, 'lister', owner.master_key)
        const next = await send(page._links.next?.href ?? '', { headers })
        expect(next.json<KeyList>().result.map((key) => key.name)).toEqual(['blue', 'cyan'])
      }
      for (const { href } of Object.values(page._links)) {
        // In an address only where the client itself has put it.
        expect(href.includes(owner.master_key)).toBe(place === 'query')
      }
    })

    test('43, 44, 45: order says how keys of one type follow each other', async () => {
      expect(await names({ order: 'type' })).toHaveLength(5)
      expect(await names({ order: 'name' })).toEqual(everybody)
      expect(await names({ order: 'updated_at' })).toEqual(everybody)
      expect(await names({ order: 'name', order_direction: 'desc' })).toEqual(everybody)
    })

    test('46: another order is refused', async () => {
      const sentence =
        "Wrong 'order' parameter value. Valid values are one of [:type, :name, :updated_at]"
      await refused({ order: 'invalid' }, sentence)
      await refused({ order: 'token' }, sentence)
      await refused({ order: '' }, sentence)
    })

    test('47, 49, 50, 51, 52, 53, 54: type says which', async () => {
      expect(await names({ type: 'master' })).toEqual(['Master'])
      expect(await names({ type: 'default' })).toEqual(['Default public'])
      expect(await names({ type: 'regular' })).toEqual(keyNames)
      expect((await list({ type: 'master' })).total).toBe(1)
      expect((await list({ type: 'default' })).total).toBe(1)
      expect(await names({ type: 'master,regular' })).toEqual(['Master', ...keyNames])
      expect(await names({ type: 'master,default, regular' })).toEqual(everybody)
    })

    test('48: another type is refused', async () => {
      const sentence =
        'Wrong \'type\' parameter value. Valid values are one of ["master", "default", "regular"]'
      await refused({ type: 'INVALID' }, sentence)
      await refused({ type: 'oauth' }, sentence)
      await refused({ type: 'master,INVALID' }, sentence)
    })

    test.each(['page', 'per_page'])('%s is a whole number from 1', async (name) => {
      for (const value of ['0', '-1', 'two', '1.5', '', '1e3', ' 1']) {
        await refused({ [name]: value }, `Wrong '${name}' parameter value.`)
      }
    })

    test('every entry is a whole key with its own address', async () => {
      const page = await list()
      for (const { _links, ...key } of page.result) {
        expect(_links).toEqual({
          self: `${postern.url}/user/lister/api/v3/api_keys/${encodeURIComponent(key.name)}`,
        })
        const headers = authorization('bearer', 'lister', owner.master_key)
        const shown = (await send(_links.self, { headers })).json<ApiKey>()
        // A session has to be confirmed before it is told the master key.
        const isKeptBack = place === 'session' && key.type === 'master'
        expect(key).toEqual({
          ...shown,
          ...(isKeptBack && { token: null }),
          // Written down at some time between the two requests, or not.
          last_used_at: expect.toBeOneOf([null, expect.any(String)]),
          request_count: expect.any(Number),
        })
      }
    })
  })

  test('36: the order of types stands when the master key is the newest', async () => {
    const renewed = await authApi(postern, 'lister', owner.master_key).regenerate('Master')
    expect(renewed.status).toBe(200)
    const { token } = kept(renewed.json<ApiKey>())
    const list = await authApi(postern, 'lister', token).list()
    owner = { ...owner, master_key: token }
    expect(list.json<KeyList>().result.map((key) => key.name)).toEqual(everybody)
  })

  test('the keys renewed last come last', async () => {
    const api = authApi(postern, 'lister', owner.master_key)
    kept((await api.regenerate('amber')).json<ApiKey>())
    const list = (await api.list({ type: 'regular' })).json<KeyList>()
    expect(list.result.map((key) => key.name)).toEqual(['blue', 'cyan', 'amber'])
  })

  test('42: an account begins with its two own keys, exactly as they always look', async () => {
    const list = (await fresh.list()).json<KeyList>()
    expect(list).toMatchObject({ total: 2, count: 2 })
    expect(Object.keys(list._links).sort()).toEqual(['first', 'last'])
    const [first, second] = list.result
    const common = {
      user: { username: 'owner' },
      created_at: expect.stringMatching(timePattern),
      updated_at: expect.stringMatching(timePattern),
      // What the original does not have, and what has been counted by now.
      last_used_at: expect.toBeOneOf([null, expect.any(String)]),
      request_count: expect.any(Number),
      _links: expect.anything(),
    }
    const database = { type: 'database', tables: [], schemas: [] }
    expect(first).toEqual({
      ...common,
      name: 'Master',
      type: 'master',
      token: expect.stringMatching(/^[A-Za-z0-9]{40}$/),
      grants: [
        { type: 'apis', apis: ['sql', 'maps'] },
        database,
        { type: 'dataservices', services: ['geocoding', 'routing', 'isolines', 'observatory'] },
      ],
    })
    expect(second).toEqual({
      ...common,
      name: 'Default public',
      type: 'default',
      token: 'default_public',
      grants: [{ type: 'apis', apis: ['sql', 'maps'] }, database],
    })
  })

  test('nothing found is a page of nothing', async () => {
    const list = (await fresh.list({ type: 'regular' })).json<KeyList>()
    expect(list).toMatchObject({ total: 0, count: 0, result: [] })
  })
})

describe('27: regenerating the master key', () => {
  test('the old one is dead, the new one works, the caller hears of it', async () => {
    const owner = await postern.createAccount('renewer')
    const answer = await authApi(postern, 'renewer', owner.master_key).regenerate('Master')
    expect(answer.status, answer.text).toBe(200)
    const { token, type, name } = kept(answer.json<ApiKey>())
    expect([type, name]).toEqual(['master', 'Master'])
    expect(token).toMatch(/^[A-Za-z0-9]{40}$/)
    expect(token).not.toBe(owner.master_key)
    expectUnauthorized(await authApi(postern, 'renewer', owner.master_key).list())
    const shown = await authApi(postern, 'renewer', token).show('Master')
    expect(shown.json<ApiKey>().token).toBe(token)
    expect((await sql(postern, 'renewer', 'select 1', token)).status).toBe(200)
  })
})

describe('without the master key', () => {
  let victim: ApiKey
  let own: ApiKey
  const others = () => [
    ['the default public key', 'default_public'] as const,
    ['a regular key', own.token] as const,
  ]

  beforeAll(async () => {
    victim = await created(master, 'key1', [apis('sql')])
    own = await created(master, 'own', [apis('sql', 'maps'), database({ parcels: ['select'] })])
  })

  describe.each(clientWays)('sent by %s, account by %s', (place, account) => {
    test('56, 57: creating is 401', async () => {
      for (const [, token] of others()) {
        expectUnauthorized(
          await authApi(postern, 'alice', token, place, account).create({
            name: 'not to be',
            grants: [apis('sql')],
          }),
        )
      }
      expect((await master.show('not to be')).status).toBe(404)
    })

    test('58, 59: deleting is 401, itself as well', async () => {
      for (const [, token] of others()) {
        for (const name of ['key1', 'own', 'no such key', 'Master']) {
          expectUnauthorized(await authApi(postern, 'alice', token, place, account).remove(name))
        }
      }
      expect((await master.show('key1')).status).toBe(200)
      expect((await master.show('own')).status).toBe(200)
    })

    test('60, 61: regenerating is 401, itself as well', async () => {
      for (const [, token] of others()) {
        for (const name of ['key1', 'own', 'no such key', 'Master']) {
          expectUnauthorized(
            await authApi(postern, 'alice', token, place, account).regenerate(name),
          )
        }
      }
      expect((await master.show('key1')).json<ApiKey>().token).toBe(victim.token)
      expect((await master.show('own')).json<ApiKey>().token).toBe(own.token)
    })

    test('62, 63, 79, 80: a list is the key itself', async () => {
      for (const [, token] of others()) {
        const answer = await authApi(postern, 'alice', token, place, account).list()
        expect(answer.status, answer.text).toBe(200)
        const list = answer.json<KeyList>()
        expect(list).toMatchObject({ total: 1, count: 1 })
        expect(list.result.map((key) => [key.user.username, key.token])).toEqual([['alice', token]])
      }
    })

    test('65, 66, 81, 82: a key may look at itself', async () => {
      const names = { default_public: 'Default public', [own.token]: 'own' }
      for (const [token, name] of Object.entries(names)) {
        const answer = await authApi(postern, 'alice', token, place, account).show(name)
        expect(answer.status, answer.text).toBe(200)
        expect(answer.json()).toMatchObject({ name, token, user: { username: 'alice' } })
      }
    })

    test('67, 83: the default public key does not find another', async () => {
      const api = authApi(postern, 'alice', 'default_public', place, account)
      expectError(await api.show('key1'), 404, 'API key not found: key1')
      expectError(await api.show('no such key'), 404, 'API key not found: no such key')
      expectError(await api.show('Master'), 404, 'API key not found: Master')
    })

    test('68, 84: a regular key does not find another', async () => {
      const api = authApi(postern, 'alice', own.token, place, account)
      expectError(await api.show('Default public'), 404, 'API key not found: Default public')
      expectError(await api.show('Master'), 404, 'API key not found: Master')
      expectError(await api.show('key1'), 404, 'API key not found: key1')
    })

    test('a filter that leaves the key itself out leaves nothing', async () => {
      const list = await authApi(postern, 'alice', own.token, place, account).list({
        type: 'master',
      })
      expect(list.json()).toMatchObject({ total: 0, count: 0, result: [] })
    })

    test('a token that is none is 401 everywhere', async () => {
      for (const token of ['nonsense', bob.master_key, own.token.slice(0, -1)]) {
        await refusedEverywhere(authApi(postern, 'alice', token, place, account))
      }
    })
  })

  test('74, 75, 76, 77, 78: without a credential everything is 401 and nothing changes', async () => {
    const list = async () =>
      (await master.list())
        .json<KeyList>()
        .result.map((key) => ({ ...key, last_used_at: 'at any time', request_count: 'any' }))
    const before = await list()
    await refusedEverywhere(authApi(postern, 'alice'))
    expect(await list()).toEqual(before)
  })

  async function refusedEverywhere(api: AuthApi): Promise<void> {
    expectUnauthorized(await api.create({ name: 'not to be', grants: [apis('sql')] }))
    expectUnauthorized(await api.remove('key1'))
    expectUnauthorized(await api.regenerate('key1'))
    expectUnauthorized(await api.show('key1'))
    expectUnauthorized(await api.list())
  }

  test.each([
    ['85', 200, () => basic('alice', alice.master_key).authorization],
    ['86', 401, () => undefined],
    ['87', 401, () => basic('alice', alice.master_key).authorization?.replace('Basic', 'Basicss')],
    ['88', 401, () => `${basic('alice', alice.master_key).authorization}!`],
    ['88', 401, () => `Basic ${alice.master_key}`],
    ['an empty name', 401, () => basic('', alice.master_key).authorization],
    ['the name of another account', 401, () => basic('bob', alice.master_key).authorization],
    [
      'the scheme in capitals',
      200,
      () => basic('alice', alice.master_key).authorization?.replace('Basic', 'BASIC'),
    ],
  ])('%s: the header is worth %i', async (_title, status, header) => {
    const value = header()
    const answer = await send(`${postern.url}/user/alice/api/v3/api_keys`, {
      headers: value === undefined ? {} : { authorization: value },
    })
    if (status === 401) expectUnauthorized(answer)
    else expect(answer.status).toBe(status)
  })
})

describe('names', () => {
  const names = [
    'with spaces  twice',
    ' at both ends ',
    'dots.and.json',
    'a/b/c',
    '..',
    '.',
    '%2F',
    '100% "quoted" \'and\' `so` on',
    'plus+and&=?#;:@',
    'ñandú 東京 🗺',
    'constructor',
    '__proto__',
    'token',
    'token/regenerate',
    'Master ',
    'master',
    '\u00e9 and e\u0301',
    'x'.repeat(1024),
    '界'.repeat(341),
  ]

  test.each(names)('a key can be called %j', async (name) => {
    const key = await created(master, name, [apis('sql')])
    expect(key.name).toBe(name)
    expect((await rawCall('GET', name)).json<ApiKey>().name).toBe(name)
    const renewed = await rawCall('POST', name, '/token/regenerate')
    expect(renewed.status, renewed.text).toBe(200)
    expect(kept(renewed.json<ApiKey>()).name).toBe(name)
    const listed = (await master.list({ type: 'regular', per_page: '1000' })).json<KeyList>()
    const self = listed.result.find((entry) => entry.name === name)?._links.self ?? ''
    expect(new URL(self).href.endsWith(encoded(name)) || name.startsWith('.')).toBe(true)
    expect((await rawCall('DELETE', name)).status).toBe(204)
    expectError(await rawCall('GET', name), 404, `API key not found: ${name}`)
  })

  /** Percent-encoded, dots too: `..` would be taken for a way up. */
  function encoded(name: string): string {
    return encodeURIComponent(name)
  }

  /** As it is written: `fetch` would resolve the dots. */
  function rawCall(method: string, name: string, suffix = ''): Promise<Answer> {
    return sendRaw(postern.port, {
      method,
      path: `/user/alice/api/v3/api_keys/${encoded(name)}${suffix}`,
      headers: ['Authorization', basic('alice', alice.master_key).authorization ?? ''],
    })
  }

  test('names differ by case and by composition', async () => {
    await created(master, 'Straße', [apis('sql')])
    expect((await master.show('straße')).status).toBe(404)
    expect((await master.show('Stra\u00dfe')).status).toBe(200)
    expect((await master.show('STRASSE')).status).toBe(404)
  })

  test.each([
    ['missing', undefined, "Name can't be blank"],
    ['null', null, "Name can't be blank"],
    ['empty', '', "Name can't be blank"],
    ['blank', '  \t\n', "Name can't be blank"],
  ])('a name that is %s is blank', async (_title, name, message) => {
    const body = { name, grants: [apis('sql')] }
    expectError(await master.create(body), 422, `Validation failed: ${message}`)
  })

  test('170, 174: the reserved names are taken, and said to be reserved', async () => {
    for (const name of ['Master', 'Default public']) {
      expectError(
        await master.create({ name, grants: [apis('sql')] }),
        422,
        'Validation failed: Name has already been taken, Name api_key name cannot be Master nor Default public',
      )
    }
  })

  test('everything that is wrong is said at once', async () => {
    expectError(
      await master.create({}),
      422,
      'Validation failed: Name can\'t be blank, Grants ["grants has to be an array"]',
    )
  })

  test.each([
    [42],
    [true],
    [['a']],
    [{ a: 1 }],
    ['x'.repeat(100_000)],
    ['nul \0'],
    ['half \ud83d'],
  ])('a name that is %j is refused with a sentence', async (name) => {
    expectError(
      await master.create({ name, grants: [apis('sql')] }),
      422,
      /^Validation failed: Name /,
    )
  })

  test('%00, broken escapes and very long names in the address are not found', async () => {
    for (const segment of ['%00', 'a%00b', '%ff', '%ed%a0%80', '%zz', '%', 'x'.repeat(10_000)]) {
      const answer = await sendRaw(postern.port, {
        path: `/user/alice/api/v3/api_keys/${segment}`,
        headers: ['Authorization', basic('alice', alice.master_key).authorization ?? ''],
      })
      expect([400, 404, 414], `${segment}: ${answer.text}`).toContain(answer.status)
      expect(typeof answer.json().errors).toBe('string')
    }
  })
})

describe('the request', () => {
  const url = (rest = '') => `${postern.url}/user/alice/api/v3/api_keys${rest}`
  const json = { 'content-type': 'application/json' }

  test('trailing slashes are accepted', async () => {
    const headers = { ...basic('alice', alice.master_key), ...json }
    const body = JSON.stringify({ name: 'slash', grants: [apis('sql')] })
    const made = await send(url('/'), { method: 'POST', headers, body })
    expect(made.status, made.text).toBe(201)
    kept(made.json<ApiKey>())
    expect((await send(url('/'), { headers })).status).toBe(200)
    expect((await send(url('/slash/'), { headers })).status).toBe(200)
    const renewed = await send(url('/slash/token/regenerate/'), { method: 'POST', headers })
    expect(renewed.status, renewed.text).toBe(200)
    kept(renewed.json<ApiKey>())
    expect((await send(url('/slash/'), { method: 'DELETE', headers })).status).toBe(204)
  })

  test('%20 is a space, and so is a plus in the query', async () => {
    const query = new URLSearchParams({ api_key: alice.master_key, type: 'master, default' })
    expect((await send(url(`/Default%20public?${query}`))).json<ApiKey>().type).toBe('default')
    expect((await send(url(`?${query}`))).json<KeyList>().total).toBe(2)
  })

  test.each([
    ['JSON', json, (body: object) => JSON.stringify(body)],
    [
      'JSON with a charset',
      { 'content-type': 'application/json; charset=utf-8' },
      (body: object) => JSON.stringify(body),
    ],
  ])(
    'api_key in a %s body creates, and nothing else in it matters',
    async (_title, headers, write) => {
      const body = write({
        name: 'from the body',
        grants: [apis('sql'), database({ roads: ['select'] })],
        api_key: alice.master_key,
        client: 'carto-python-sdk-1.11.3',
        id: 'mine',
        type: 'master',
        token: 'chosen-by-the-client',
        created_at: '2001-01-01 00:00:00 +0000',
        user: { username: 'bob' },
      })
      const answer = await send(url(), { method: 'POST', headers, body })
      expect(answer.status, answer.text).toBe(201)
      const key = kept(answer.json<ApiKey>())
      expect(key).toMatchObject({ type: 'regular', user: { username: 'alice' } })
      expect(key.token).not.toBe('chosen-by-the-client')
      expect(key.created_at).not.toContain('2001')
      expect((await master.remove('from the body')).status).toBe(204)
    },
  )

  test('DELETE and regenerate take api_key from a JSON or form body as well', async () => {
    await created(master, 'by body', [apis('sql')])
    const renewed = await send(url('/by%20body/token/regenerate'), {
      method: 'POST',
      body: new URLSearchParams({ api_key: alice.master_key }),
    })
    expect(renewed.status, renewed.text).toBe(200)
    kept(renewed.json<ApiKey>())
    const deleted = await send(url('/by%20body'), {
      method: 'DELETE',
      headers: json,
      body: JSON.stringify({ api_key: alice.master_key }),
    })
    expect(deleted.status, deleted.text).toBe(204)
  })

  test('a JSON content type without a body is no mistake', async () => {
    await created(master, 'no body', [apis('sql')])
    const headers = { ...basic('alice', alice.master_key), ...json }
    expect((await send(url(), { headers })).status).toBe(200)
    const renewed = await send(url('/no%20body/token/regenerate'), { method: 'POST', headers })
    expect(renewed.status, renewed.text).toBe(200)
    kept(renewed.json<ApiKey>())
    expect((await send(url('/no%20body'), { method: 'DELETE', headers })).status).toBe(204)
  })

  test.each([
    ['{"name": "broken"', 400],
    ['[]', 422],
    ['"text"', 422],
    ['null', 422],
    ['12', 422],
    ['', 422],
  ])('a body that is %j is answered with %i', async (body, status) => {
    const answer = await master.create(body)
    expectError(answer, status, /./)
  })

  test('a very deep or very large body is refused and the server goes on', async () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`
    expectError(await master.create(`{"name":"deep","grants":${deep}}`), 400, /./)
    const large = { name: 'large', grants: [apis('sql'), { type: 'x'.repeat(9_000_000) }] }
    // The server answers before it has read all: `fetch` reads the answer all the same.
    const refused = await send(url(), {
      method: 'POST',
      headers: { ...basic('alice', alice.master_key), ...json },
      body: JSON.stringify(large),
    })
    expectError(refused, 413, /./)
    expect((await master.list()).status).toBe(200)
  })

  test('there is no update and no version 4', async () => {
    const headers = { ...basic('alice', alice.master_key), ...json }
    for (const method of ['PUT', 'PATCH']) {
      const answer = await send(url('/key1'), { method, headers, body: '{}' })
      expectError(answer, 404, /./)
    }
    const v4 = await send(`${postern.url}/user/alice/api/v4/api_keys`, { headers })
    expect(v4.status).toBe(404)
  })

  test('answers with tokens are kept by nobody, and no page of another site may read them', async () => {
    const headers = { ...basic('alice', alice.master_key), origin: 'https://elsewhere.example' }
    for (const rest of ['', '/Master']) {
      const answer = await send(url(rest), { headers })
      expect(answer.headers.get('cache-control')).toBe('no-store')
      expect(answer.headers.has('access-control-allow-origin')).toBe(false)
      expect(answer.headers.has('set-cookie')).toBe(false)
    }
  })

  test('two creations of one name at once make one key', async () => {
    const body = { name: 'raced', grants: [apis('sql'), database({ parcels: ['select'] })] }
    const answers = await Promise.all(Array.from({ length: 8 }, () => master.create(body)))
    const [made, ...more] = answers.filter((answer) => answer.status === 201)
    expect(more).toEqual([])
    kept(made?.json<ApiKey>())
    for (const answer of answers) {
      if (answer === made) continue
      expectError(answer, 422, 'Validation failed: Name has already been taken')
    }
    expect(made?.json<ApiKey>().token).toBe((await master.show('raced')).json<ApiKey>().token)
  })
})

function authorization(place: TokenPlace, account: string, token: string): Record<string, string> {
  return place === 'basic' ? basic(account, token) : { authorization: `Bearer ${token}` }
}
