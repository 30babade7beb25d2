import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type ApiKey,
  type AuthApi,
  apis,
  authApi,
  database,
  expectError,
  expectUnauthorized,
  type KeyList,
  sessionApi,
} from './support/auth-api.ts'
import { type AuthApiAccounts, openAuthApiAccounts } from './support/auth-api-accounts.ts'
import { type Answer, basic, send } from './support/requests.ts'
import { type SignedIn, signIn } from './support/sign-in.ts'

let accounts: AuthApiAccounts
let owner: SignedIn
let editor: SignedIn
let viewer: SignedIn

beforeAll(async () => {
  accounts = await openAuthApiAccounts()
  const { postern, alice, master, created } = accounts
  owner = await signIn(postern, 'alice', 'alice', alice.password)
  editor = await signInAs('editor')
  viewer = await signInAs('viewer')
  await created(master, 'reader', [apis('sql'), database({ parcels: ['select'] })])
})
afterAll(() => accounts.postern.stop())

/** A user of this level, made and signed in. */
async function signInAs(level: string): Promise<SignedIn> {
  const { postern } = accounts
  const { stdout } = await postern.run('user', 'add', 'alice', level, '--level', level, '--json')
  const { password } = JSON.parse(stdout) as { password: string }
  postern.keepSecret(password)
  return signIn(postern, 'alice', level, password)
}

const as = (session: SignedIn): AuthApi => sessionApi(accounts.postern, 'alice', session)

async function tokensSeenBy(session: SignedIn): Promise<Record<string, string | null>> {
  const { result } = (await as(session).list()).json<KeyList>()
  return Object.fromEntries(result.map(({ type, token }) => [type, token]))
}

const ask = (path: string, headers: Readonly<Record<string, string>>, init: RequestInit = {}) =>
  send(`${accounts.postern.url}/user/alice${path}`, { ...init, headers })

describe('a session sees', () => {
  test('all keys of its account; a viewer no tokens but the one that everybody knows', async () => {
    expect(await tokensSeenBy(editor)).toEqual({
      master: null,
      default: 'default_public',
      regular: expect.any(String),
    })
    expect(await tokensSeenBy(viewer)).toEqual({
      master: null,
      default: 'default_public',
      regular: null,
    })
    expect((await as(viewer).show('reader')).json<ApiKey>().token).toBeNull()
    expect((await ask('/api/v3/api_keys/reader/usage', viewer.headers)).status).toBe(200)
  })

  test('nothing of another account', async () => {
    const { postern, bob } = accounts
    const stranger = await signIn(postern, 'bob', 'bob', bob.password)
    expectUnauthorized(await as(stranger).list())
    expectUnauthorized(await as(stranger).remove('reader'))
  })

  test('what it may grant, with the master key as well', async () => {
    const path = '/v3/grantable/tables?search=PARC'
    for (const headers of [editor.headers, basic('alice', accounts.alice.master_key)]) {
      const answer = await ask(path, headers)
      expect(answer.status, answer.text).toBe(200)
      const permissions = ['select', 'insert', 'update', 'delete']
      const parcels = { schema: 'public', name: 'parcels', type: 'table', is_public: false }
      expect(answer.json()).toMatchObject({ total: 1, tables: [{ ...parcels, permissions }] })
    }
    expect((await ask('/v3/grantable', editor.headers)).json()).toEqual({
      apis: ['sql', 'maps', 'batch'],
      schemas: ['public'],
      services: ['geocoding', 'routing', 'isolines', 'observatory'],
    })
    expect((await ask(path, viewer.headers)).status).toBe(403)
    expect((await ask('/v3/grantable/tables?page=0', editor.headers)).status).toBe(400)
  })
})

describe('a session changes nothing', () => {
  test('of a viewer', async () => {
    const api = as(viewer)
    const refused = (answer: Answer) => expectError(answer, 403, 'A viewer may not do this.')
    refused(await api.create({ name: 'by viewer', grants: [apis('sql')] }))
    refused(await api.remove('reader'))
    refused(await api.regenerate('reader'))
    expect((await accounts.master.show('reader')).status).toBe(200)
  })

  test('without the token of its pages, or for a page of another site', async () => {
    const { cookie, csrfToken } = owner
    for (const headers of [
      { cookie },
      { cookie, 'x-csrf-token': viewer.csrfToken },
      { cookie, 'x-csrf-token': csrfToken, origin: 'https://evil.example' },
    ]) {
      const api = sessionApi(accounts.postern, 'alice', { headers })
      expect((await api.remove('reader')).status).toBe(403)
      expect((await api.create({ name: 'forged', grants: [apis('sql')] })).status).toBe(403)
    }
    expect((await accounts.master.show('reader')).status).toBe(200)
    expect((await accounts.master.show('forged')).status).toBe(404)
  })
})

test('a session is never answered with a script', async () => {
  for (const session of [owner, viewer]) {
    const answer = await as(session).list({ callback: 'steal' })
    expect(answer.status).toBe(400)
    expect(answer.headers.get('content-type')).toContain('application/json')
    expect(answer.text).not.toContain('reader')
  }
})

test('64: a wrong key beside a session is wrong', async () => {
  const headers = { ...owner.headers, ...basic('alice', 'wrong') }
  expectUnauthorized(await ask('/api/v3/api_keys', headers))
})

describe('the master key', () => {
  const confirm = (password: string) =>
    send(`${accounts.postern.url}/session/confirm`, {
      method: 'POST',
      headers: { ...owner.headers, 'content-type': 'application/json' },
      body: JSON.stringify({ password }),
    })

  test('is shown to owners, and replaced by them, once they have confirmed who they are', async () => {
    const { postern, alice, kept } = accounts
    const api = as(owner)
    expect((await api.show('Master')).json<ApiKey>().token).toBeNull()
    expectError(await as(editor).regenerate('Master'), 403, 'The master key is for owners only.')
    expectError(await api.regenerate('Master'), 403, /^Confirm who you are/)
    expect((await authApi(postern, 'alice', alice.master_key).list()).status).toBe(200)

    expect((await confirm(alice.password)).status).toBe(200)
    expect((await api.show('Master')).json<ApiKey>().token).toBe(alice.master_key)
    const regenerated = await api.regenerate('Master')
    expect(regenerated.status, regenerated.text).toBe(200)
    const { token } = kept(regenerated.json<ApiKey>())
    expect(token).not.toBe(alice.master_key)
    expectUnauthorized(await authApi(postern, 'alice', alice.master_key).list())
    expect((await authApi(postern, 'alice', token).list()).status).toBe(200)
  })
})
