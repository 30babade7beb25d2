import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type ApiKey,
  type AuthApi,
  apis,
  authApi,
  expectError,
  expectUnauthorized,
  type KeyList,
} from './support/auth-api.ts'
import { type AccountCredentials, type Postern, startPostern } from './support/postern.ts'
import { type Answer, basic, createKey, send, sql } from './support/requests.ts'
import { type SignedIn, signIn } from './support/sign-in.ts'
import { countSessions, openSuperuser } from './support/superuser.ts'

// What `postern account set` does, beside a running server. Numbers are those of the contract's
// checklist: the Auth API of the classic platform.

let postern: Postern
let superuser: pg.Client

beforeAll(async () => {
  // What runs when a command is given runs on until that takes effect, however long this takes.
  postern = await startPostern({
    POSTERN_STATEMENT_TIMEOUT_MS: '300000',
    POSTERN_MASTER_STATEMENT_TIMEOUT_MS: '300000',
  })
  superuser = await openSuperuser(postern)
})
afterAll(async () => {
  await superuser.end()
  await postern.stop()
})

/** Computes for ever and needs no room for it: it has to be ended. */
const endlessStatement =
  'select count(*) from pg_catalog.generate_series(1, 100000) a, pg_catalog.generate_series(1, 100000) b, pg_catalog.generate_series(1, 100000) c'

async function set(account: string, ...options: string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await postern.run(
    'account',
    'set',
    account,
    ...options,
    '--json',
  )
  if (code !== 0) throw new Error(`account set ${account} ${options}: ${stderr}`)
  return JSON.parse(stdout) as Record<string, unknown>
}

function tilejson(account: string, token?: string): Promise<Answer> {
  const query = token === undefined ? '' : `&api_key=${token}`
  return send(`${postern.url}/user/${account}/v3/maps/default/table?name=ground${query}`)
}

async function newAccount(name: string): Promise<AccountCredentials> {
  const owner = await postern.createAccount(name)
  const made = 'create table ground (id integer, the_geom geometry(point, 4326))'
  expect((await sql(postern, name, made, owner.master_key)).status).toBe(200)
  return owner
}

describe('account set', () => {
  test('changes what is named, and shows and lists everything', async () => {
    await postern.createAccount('alice')
    expect(await set('alice')).toEqual({
      account: 'alice',
      key_quota: null,
      rate_limit: null,
      engine: true,
      master_on_data: true,
      show_once: false,
    })
    const changed = {
      key_quota: 3,
      rate_limit: 500,
      engine: false,
      master_on_data: false,
      show_once: true,
    }
    expect(
      await set(
        'alice',
        ...['--key-quota', '3', '--rate-limit', '500'],
        ...['--engine', 'off', '--master-on-data', 'off', '--show-once', 'on'],
      ),
    ).toEqual({ account: 'alice', ...changed })
    expect(await set('alice', '--engine', 'on')).toMatchObject({ ...changed, engine: true })
    const { stdout } = await postern.run('account', 'list', '--json')
    expect(JSON.parse(stdout)).toContainEqual(
      expect.objectContaining({ account: 'alice', ...changed, engine: true }),
    )
    expect((await postern.run('account', 'set', 'alice', '--key-quota', 'none')).stdout).toBe(
      'Key quota       none\nRate limit      500\nEngine          on\nMaster on data  off\nShow once       on\n',
    )
  })

  test.each([
    [['nobody', '--engine', 'off'], "There is no account called 'nobody'."],
    [['alice', '--engine', 'maybe'], 'Allowed choices are on, off.'],
    [['alice', '--key-quota', '-1'], 'It is a whole number, or none.'],
    [['alice', '--rate-limit', '2000000'], 'It is a whole number from 0 to 1000000, or default.'],
  ])('%j is refused with a sentence', async (args, sentence) => {
    const { code, stdout, stderr } = await postern.run('account', 'set', ...args)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain(sentence)
  })
})

describe('the key quota', () => {
  const sentence = 'You have reached the limit of API keys for your plan'
  let owner: AccountCredentials
  let api: AuthApi

  beforeAll(async () => {
    owner = await postern.createAccount('bob')
    api = authApi(postern, 'bob', owner.master_key)
  })
  const create = (name: string) => api.create({ name, grants: [apis('sql')] })

  test('19, 205: of nothing leaves the two built-in keys, and says what it is', async () => {
    await set('bob', '--key-quota', '0')
    expectError(
      await create('one'),
      403,
      sentence,
      'This account may have 0 regular keys and has 0.',
    )
    expect((await api.list()).json<KeyList>().total).toBe(2)
  })

  test('holds however many keys are made at once, and a deleted key makes room', async () => {
    await set('bob', '--key-quota', '3')
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, number) => create(`at once ${number}`)),
    )
    const made = answers.filter((answer) => answer.status === 201)
    expect(made).toHaveLength(3)
    for (const answer of made) postern.keepSecret(answer.json<ApiKey>().token)
    for (const answer of answers.filter((one) => !made.includes(one))) {
      expectError(answer, 403, sentence, 'This account may have 3 regular keys and has 3.')
    }
    expect((await api.remove(made[0]?.json<ApiKey>().name ?? '')).status).toBe(204)
    const next = await create('after a deletion')
    expect(next.status, next.text).toBe(201)
    postern.keepSecret(next.json<ApiKey>().token)
  })

  test('that is lowered takes no key away', async () => {
    await set('bob', '--key-quota', '1')
    expect((await api.list({ type: 'regular' })).json<KeyList>().total).toBe(3)
    expectError(
      await create('too many'),
      403,
      sentence,
      'This account may have 1 regular keys and has 3.',
    )
  })

  test('of none is no limit', async () => {
    await set('bob', '--key-quota', 'none')
    const answer = await create('unlimited')
    expect(answer.status, answer.text).toBe(201)
    postern.keepSecret(answer.json<ApiKey>().token)
  })
})

describe('an account whose engine is off', () => {
  let owner: AccountCredentials
  let token: string

  beforeAll(async () => {
    owner = await newAccount('owner')
    token = (
      await createKey(postern, owner, {
        name: 'regular',
        tables: [{ name: 'ground', permissions: ['select'] }],
      })
    ).token
    expect((await sql(postern, 'owner', 'select * from ground', token)).status).toBe(200)
    await set('owner', '--engine', 'off')
  })

  function expectNothing(answer: Answer): void {
    expect(answer.status, answer.text).toBe(404)
    expect(answer.text).toBe('')
  }

  test('1, 2, 3, 4, 5: has no Auth API, for no key', async () => {
    for (const one of [owner.master_key, token, 'default_public']) {
      const api = authApi(postern, 'owner', one)
      expectNothing(await api.create({ name: 'new', grants: [apis('sql')] }))
      expectNothing(await api.remove('regular'))
      expectNothing(await api.regenerate('regular'))
      expectNothing(await api.show('regular'))
      expectNothing(await api.list())
    }
  })

  test('without a credential it is 401, as everywhere', async () => {
    expectUnauthorized(await authApi(postern, 'owner').list())
  })

  test('209: its regular keys open nothing, its built-in keys what they did', async () => {
    expect((await sql(postern, 'owner', 'select 1', token)).status).toBe(401)
    expect((await tilejson('owner', token)).status).toBe(401)
    expect((await sql(postern, 'owner', 'select 1', owner.master_key)).status).toBe(200)
    expect((await tilejson('owner', owner.master_key)).status).toBe(200)
    expect((await sql(postern, 'owner', 'select 1')).status).toBe(200)
  })

  test('210: has everything again when it is on', async () => {
    await set('owner', '--engine', 'on')
    expect((await sql(postern, 'owner', 'select * from ground', token)).status).toBe(200)
    const list = await authApi(postern, 'owner', owner.master_key).list()
    expect(list.json<KeyList>().total).toBe(3)
  })

  test('ends what its regular keys are just doing, sessions included', async () => {
    const role = await roleOf('owner', token)
    const running = sql(postern, 'owner', endlessStatement, token).catch(() => undefined)
    await expect.poll(() => countRunning(role)).toBe(1)
    await set('owner', '--engine', 'off')
    expect(await countSessions(superuser, role)).toBe(0)
    // Refused, or cut off without an answer; never a result.
    expect([401, undefined]).toContain((await running)?.status)
    await set('owner', '--engine', 'on')
  })
})

describe('a master key that is kept from data', () => {
  let owner: AccountCredentials

  beforeAll(async () => {
    owner = await newAccount('kept')
  })

  test('is forbidden on SQL and Maps at once, with what it was just doing, and still manages keys', async () => {
    const role = await roleOf('kept', owner.master_key)
    const running = sql(postern, 'kept', endlessStatement, owner.master_key).catch(() => undefined)
    await expect.poll(() => countRunning(role)).toBe(1)
    await set('kept', '--master-on-data', 'off')
    expect(await countSessions(superuser, role)).toBe(0)
    expect([401, undefined]).toContain((await running)?.status)

    const refused = await sql(postern, 'kept', 'select 1', owner.master_key)
    expect(refused.status).toBe(403)
    expect(refused.json()).toEqual({ error: ['forbidden'] })
    expect((await tilejson('kept', owner.master_key)).status).toBe(403)

    const key = await createKey(postern, owner, {
      tables: [{ name: 'ground', permissions: ['select'] }],
    })
    expect((await sql(postern, 'kept', 'select * from ground', key.token)).status).toBe(200)
    expect((await tilejson('kept', key.token)).status).toBe(200)
    const list = await authApi(postern, 'kept', owner.master_key).list({ type: 'master' })
    // Shown as it always was: clients compare it.
    expect(list.json<KeyList>().result[0]?.grants[0]).toEqual(apis('sql', 'maps'))
  })

  test('may use both again when that is switched on', async () => {
    await set('kept', '--master-on-data', 'on')
    expect((await sql(postern, 'kept', 'select 1', owner.master_key)).status).toBe(200)
    expect((await tilejson('kept', owner.master_key)).status).toBe(200)
  })
})

describe('the settings over HTTP', () => {
  let carol: AccountCredentials
  let owner: SignedIn

  beforeAll(async () => {
    carol = await newAccount('carol')
    owner = await signIn(postern, 'carol', 'carol', carol.password)
  })
  const account = (headers: Record<string, string>, changes?: unknown) =>
    send(`${postern.url}/v3/account`, {
      method: changes === undefined ? 'GET' : 'PATCH',
      headers: { ...headers, 'content-type': 'application/json' },
      ...(changes !== undefined && { body: JSON.stringify(changes) }),
    })

  test('are shown to every user, with how much of the quota is used', async () => {
    await set('carol', '--key-quota', '7')
    await createKey(postern, carol, { apis: ['sql'] })
    const viewer = await addViewer()
    expect((await account(viewer.headers)).json()).toMatchObject({
      name: 'carol',
      base_url: `${postern.url}/user/carol`,
      v3_url: `${postern.url}/v3`,
      key_quota: { limit: 7, used: 1 },
      rate_limit: null,
      engine: true,
      master_on_data: true,
      show_once: false,
    })
    expect((await account(viewer.headers, { show_once: true })).status).toBe(403)
  })

  test('the master key keeps itself from data, and is told so', async () => {
    const own = basic('carol', carol.master_key)
    const answer = await account(own, { master_on_data: false })
    expect(answer.status, answer.text).toBe(200)
    expect(answer.json()).toMatchObject({ master_on_data: false })
    expect((await sql(postern, 'carol', 'select 1', carol.master_key)).status).toBe(403)
    expect((await account(own, { master_on_data: true })).status).toBe(200)
    expect((await sql(postern, 'carol', 'select 1', carol.master_key)).status).toBe(200)
  })

  test('tokens are shown once when the owner has confirmed who they are', async () => {
    const refused = await account(owner.headers, { show_once: true })
    expect(refused.status).toBe(403)
    const confirmed = await send(`${postern.url}/session/confirm`, {
      method: 'POST',
      headers: { ...owner.headers, 'content-type': 'application/json' },
      body: JSON.stringify({ password: carol.password }),
    })
    expect(confirmed.status, confirmed.text).toBe(200)
    const answer = await account(owner.headers, { show_once: true })
    expect(answer.json()).toMatchObject({ show_once: true })
  })

  test('what the operator sets, and what is no setting, is refused by name', async () => {
    const answer = await account(owner.headers, { key_quota: 100 })
    expect(answer.status).toBe(400)
    expect(answer.text).toContain('key_quota is set by the operator of this server.')
  })

  async function addViewer(): Promise<SignedIn> {
    const { stdout } = await postern.run('user', 'add', 'carol', 'viewer', '--json')
    const { password } = JSON.parse(stdout) as { password: string }
    postern.keepSecret(password)
    return signIn(postern, 'carol', 'viewer', password)
  }
})

describe('on a stopped server', () => {
  test('a setting is kept, and holds after the start', async () => {
    const owner = await newAccount('stopped')
    const key = await createKey(postern, owner, {})
    await superuser.end()
    await postern.kill('SIGINT')
    expect(await set('stopped', '--engine', 'off')).toMatchObject({ engine: false })
    await postern.restart()
    superuser = await openSuperuser(postern)
    expect((await sql(postern, 'stopped', 'select 1', key.token)).status).toBe(401)
  })
})

async function roleOf(account: string, token: string): Promise<string> {
  const answer = await sql(postern, account, 'select current_user::text as role', token)
  return answer.json<{ rows: { role: string }[] }>().rows[0]?.role ?? ''
}

async function countRunning(role: string): Promise<number> {
  const { rows } = await superuser.query(
    `select from pg_stat_activity where usename = $1 and state = 'active'`,
    [role],
  )
  return rows.length
}
