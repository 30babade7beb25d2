import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type AttackedAccounts,
  canary,
  openAttackedAccounts,
} from '../support/attacked-accounts.ts'
import { sendRaw } from '../support/raw-request.ts'
import { type Answer, basic, send } from '../support/requests.ts'

// Becoming somebody else by what a request says about who is asking.

let accounts: AttackedAccounts

beforeAll(async () => {
  accounts = await openAttackedAccounts()
})
afterAll(() => accounts.postern.stop())

describe('row 10: two credentials in one request', () => {
  const secret = 'select count(*)::int as n from other_points'
  const who = 'select current_user as role'

  /** Asks on the SQL API with everything that a request can carry at once. */
  function ask(
    q: string,
    from: {
      readonly headers?: Record<string, string>
      readonly query?: Record<string, string>
      readonly body?: Record<string, unknown>
    },
  ): Promise<Answer> {
    const { headers = {}, query = {}, body = {} } = from
    return send(`${accounts.alice.base_url}/api/v2/sql?${new URLSearchParams(query)}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ q, ...body }),
    })
  }

  test('the one that does not count lends nothing', async () => {
    const { alice, reader } = accounts
    const low = String(reader.token)
    const high = alice.master_key
    const ways = {
      'Basic before query': { headers: basic('alice', low), query: { api_key: high } },
      'Basic before body': { headers: basic('alice', low), body: { api_key: high } },
      'Bearer before query': {
        headers: { authorization: `Bearer ${low}` },
        query: { map_key: high },
      },
      'api_key before map_key': { query: { map_key: high, api_key: low } },
      'query before body': { query: { access_token: low }, body: { api_key: high } },
    }
    for (const [way, from] of Object.entries(ways)) {
      const answer = await ask(secret, from)
      expect({ way, status: answer.status, text: answer.text }).toEqual({
        way,
        status: 403,
        text: '{"error":["permission denied for table other_points"]}',
      })
    }
  })

  test('a wrong one that counts is not made good by a right one that does not', async () => {
    const high = accounts.alice.master_key
    const ways = {
      'rubbish by Basic': { headers: basic('alice', 'rubbish'), query: { api_key: high } },
      'rubbish by Bearer': {
        headers: { authorization: 'Bearer rubbish' },
        query: { api_key: high },
      },
      'another scheme': { headers: { authorization: 'Digest rubbish' }, query: { api_key: high } },
      'broken Basic': { headers: { authorization: 'Basic %%%' }, body: { api_key: high } },
      'rubbish in the query': { query: { api_key: 'rubbish' }, body: { api_key: high } },
    }
    for (const [way, from] of Object.entries(ways)) {
      const answer = await ask(secret, from)
      expect({ way, status: answer.status, text: answer.text }).toEqual({
        way,
        status: 401,
        text: '{"error":["Unauthorized"]}',
      })
    }
  })

  test('an Authorization header that is sent twice is none', async () => {
    const { postern, alice } = accounts
    const master = `Bearer ${alice.master_key}`
    for (const other of [master, 'Bearer default_public']) {
      const answer = await sendRaw(postern.port, {
        path: '/user/alice/api/v2/sql?q=select+1',
        headers: ['Authorization', master, 'authorization', other],
      })
      expect(answer.status).toBe(401)
    }
  })

  test('a credential that is sent twice in one place is none', async () => {
    const { alice } = accounts
    const twice = `api_key=${alice.master_key}&api_key=${alice.master_key}`
    const url = `${alice.base_url}/api/v2/sql?q=select+1&${twice}`
    expect((await send(url)).status).toBe(401)
  })

  test('parameters that are called like what the server knows change nothing', async () => {
    const { reader, ownerRole, neighbour } = accounts
    const headers = basic('alice', String(reader.token))
    const [plain] = (await ask(who, { headers })).json<{ rows: { role: string }[] }>().rows
    const names = [
      'user',
      'user_domain',
      'account',
      'role',
      'current_user',
      'dbuser',
      'dbname',
      'database',
      'principal',
      'kind',
      'type',
      'authorizationLevel',
      'credential',
      'allowedApis',
      'mayWrite',
      '__proto__',
      'constructor',
      'db_password',
      'target_user',
    ]
    for (const value of ['master', ownerRole, neighbour.role, 'bob', 'true']) {
      const all = Object.fromEntries(names.map((name) => [name, value]))
      const answer = await ask(who, { headers, query: all, body: all })
      expect(answer.json<{ rows: unknown[] }>().rows).toEqual([plain])
      const refused = await ask(secret, { headers, query: all, body: all })
      expect(refused.status).toBe(403)
    }
  })
})

describe('row 11: naming another account', () => {
  const path = '/api/v2/sql?q=select+name+from+private_points'

  test.each([
    ['by path and by Basic', '/user/bob', [], 'alice'],
    ['by Basic and by host', '', ['Host', 'bob.localhost'], 'alice'],
    ['by path and by host', '/user/alice', ['Host', 'bob.localhost'], 'alice'],
    ['by path and by host, the other way round', '/user/bob', ['Host', 'alice.localhost'], 'alice'],
  ])('%s', async (_, prefix, headers, user) => {
    const { postern, alice } = accounts
    const { authorization = '' } = basic(user, alice.master_key)
    const answer = await sendRaw(postern.port, {
      path: prefix + path,
      headers: [...headers, 'Authorization', authorization],
    })
    expect({ status: answer.status, text: answer.text }).toEqual({
      status: 403,
      text: '{"error":["permission denied"]}',
    })
  })

  test('a token opens only the account that it is of, however the account is named', async () => {
    const { postern, alice } = accounts
    for (const [prefix, headers] of [
      ['/user/bob', []],
      ['', ['Host', 'bob.localhost']],
    ] as const) {
      for (const credential of [`&api_key=${alice.master_key}`, '']) {
        const answer = await sendRaw(postern.port, {
          path: prefix + path + credential,
          headers: [
            ...headers,
            ...(credential === '' ? ['Authorization', `Bearer ${alice.master_key}`] : []),
          ],
        })
        expect({ status: answer.status, text: answer.text }).toEqual({
          status: 401,
          text: '{"error":["Unauthorized"]}',
        })
      }
    }
  })

  test('headers that a proxy would set are not believed', async () => {
    const { postern } = accounts
    const spoofed = [
      'X-Forwarded-Host',
      'bob.localhost',
      'X-Forwarded-For',
      '127.0.0.1',
      'X-Forwarded-Prefix',
      '/user/bob',
      'X-Forwarded-User',
      'bob',
      'Forwarded',
      'host=bob.localhost;for=127.0.0.1',
      'X-Original-URL',
      '/user/bob/api/v2/sql',
      'X-Rewrite-URL',
      '/user/bob/api/v2/sql',
      'X-Remote-User',
      'bob',
      'X-HTTP-Method-Override',
      'DELETE',
    ]
    const q = encodeURIComponent('select current_database() as database')
    const ask = (headers: readonly string[]) =>
      sendRaw(postern.port, { path: `/user/alice/api/v2/sql?q=${q}`, headers })
    const plain = await ask([])
    const answer = await ask(spoofed)
    expect(answer.json<{ rows: unknown[] }>().rows).toEqual(plain.json<{ rows: unknown[] }>().rows)
    const unnamed = await sendRaw(postern.port, { path: `/api/v2/sql?q=${q}`, headers: spoofed })
    expect(unnamed.status).toBe(400)
  })

  test('a Host that is sent twice names nobody', async () => {
    const { postern, alice } = accounts
    const answer = await sendRaw(postern.port, {
      path: `${path}&api_key=${alice.master_key}`,
      headers: ['Host', 'alice.localhost', 'Host', 'bob.localhost'],
    })
    expect(answer.status).toBe(400)
  })

  test.each([
    '/user/alice/../bob',
    '/user/alice%2f..%2fbob',
    '/user/alice/user/bob',
    '/user/%62ob',
    '/user/BOB',
    '/user/bob%20',
    '/user/.bob',
  ])("a path like %s does not lead to another account than the credential's", async (prefix) => {
    const { postern, alice } = accounts
    const answer = await sendRaw(postern.port, {
      path: prefix + path,
      headers: ['Authorization', String(basic('alice', alice.master_key).authorization)],
    })
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.status).toBeLessThan(500)
    expect(answer.text).not.toContain(canary)
  })
})
