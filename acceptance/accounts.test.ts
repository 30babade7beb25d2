import { chmod, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type ApiKey,
  apis,
  authApi,
  database,
  expectUnauthorized,
  type KeyList,
} from './support/auth-api.ts'
import { spawnPostern } from './support/command-line.ts'
import { type AccountCredentials, type Postern, startPostern } from './support/postern.ts'
import { listProcessesOf } from './support/processes.ts'
import { createKey, send, sql } from './support/requests.ts'
import { rounds } from './support/rounds.ts'
import { openSuperuser } from './support/superuser.ts'

/** Several commands in one test: on a busy machine that is more than a minute. */
const patiently = { timeout: 480_000 }

let postern: Postern

beforeAll(async () => {
  postern = await startPostern()
})
afterAll(() => postern.stop())

describe('account create', () => {
  test('with --json prints what a script needs, and nothing else', async () => {
    const { code, stdout, stderr } = await postern.run('account', 'create', 'json', '--json')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const account = JSON.parse(stdout) as AccountCredentials
    expect(account).toEqual({
      account: 'json',
      base_url: `${postern.url}/user/json`,
      master_key: expect.stringMatching(/^[A-Za-z0-9]{40}$/),
      password: expect.stringMatching(/^\S{16,}$/),
    })
    postern.keepSecret(account.master_key)
    postern.keepSecret(account.password)
    const query = new URLSearchParams({ q: 'select 1 as one', api_key: account.master_key })
    const answer = await send(`${account.base_url}/api/v2/sql?${query}`)
    expect(answer.json()).toMatchObject({ rows: [{ one: 1 }] })
    expect((await sql(postern, 'json', 'select 1')).status).toBe(200)
  })

  test('without --json prints the same for people', async () => {
    const { code, stdout, stderr } = await postern.run('account', 'create', 'text')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const lines = new Map(
      stdout.split('\n').map((line) => [line.slice(0, 12).trim(), line.slice(12)]),
    )
    const masterKey = lines.get('Master key') ?? ''
    const password = lines.get('Password') ?? ''
    postern.keepSecret(masterKey)
    postern.keepSecret(password)
    expect(lines.get('Account')).toBe('text')
    expect(lines.get('Base URL')).toBe(`${postern.url}/user/text`)
    expect(password.length).toBeGreaterThanOrEqual(16)
    expect((await sql(postern, 'text', 'select 1', masterKey)).status).toBe(200)
  })

  test('refuses a name that none can have, with a sentence', async () => {
    const { code, stdout, stderr } = await postern.run('account', 'create', 'Upper', '--json')
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toBe(
      'An account name has 1 to 63 lower-case letters, digits and hyphens, and neither begins nor ends with a hyphen.\n',
    )
  })

  test('refuses a name that is taken, also when several want it at once', async () => {
    const runs = await Promise.all(
      Array.from({ length: 3 }, () => postern.run('account', 'create', 'wanted', '--json')),
    )
    const [winner, ...more] = runs.filter(({ code }) => code === 0)
    expect(more).toEqual([])
    const { master_key } = JSON.parse(winner?.stdout ?? '') as AccountCredentials
    postern.keepSecret(master_key)
    for (const run of [...runs, await postern.run('account', 'create', 'demo')]) {
      if (run === winner) continue
      expect({ code: run.code, stdout: run.stdout }).toEqual({ code: 1, stdout: '' })
      expect(run.stderr).toMatch(/^There is already an account called '(wanted|demo)'\.\n$/)
    }
    expect((await sql(postern, 'wanted', 'select 1', master_key)).status).toBe(200)
  })

  test('a command that is not understood says how it is used', async () => {
    for (const args of [['account', 'create'], ['frobnicate']]) {
      const { code, stdout, stderr } = await postern.run(...args)
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
      expect(stderr).toContain('Usage: postern')
    }
  })
})

test('account master-key prints the master key, the new one after it was regenerated', async () => {
  const account = await postern.createAccount('alice')
  const shown = await postern.run('account', 'master-key', 'alice')
  expect(shown).toEqual({ code: 0, stdout: `${account.master_key}\n`, stderr: '' })

  const path = `${postern.url}/user/alice/api/v3/api_keys/Master/token/regenerate`
  const answer = await send(`${path}?api_key=${account.master_key}`, { method: 'POST' })
  const { token } = answer.json<{ token: string }>()
  postern.keepSecret(token)
  expect((await postern.run('account', 'master-key', 'alice')).stdout).toBe(`${token}\n`)
  expect((await postern.run('account', 'master-key', 'nobody')).code).toBe(1)
})

test('account list names all accounts, and no secret', async () => {
  const account = postern.demo
  const asJson = await postern.run('account', 'list', '--json')
  expect(asJson.code).toBe(0)
  expect(JSON.parse(asJson.stdout)).toContainEqual({
    account: 'demo',
    base_url: `${postern.url}/user/demo`,
    created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    key_quota: null,
    rate_limit: null,
    engine: true,
    master_on_data: true,
    show_once: false,
  })
  const asText = await postern.run('account', 'list')
  expect(asText.stdout.split('\n')).toContain(`demo\t${postern.url}/user/demo`)
  for (const { stdout } of [asJson, asText]) expect(stdout).not.toContain(account.master_key)
})

describe('account delete', () => {
  test('says when there is no such account', async () => {
    const { code, stdout, stderr } = await postern.run('account', 'delete', 'nobody')
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: '',
      stderr: "There is no account called 'nobody'.\n",
    })
  })

  test('takes keys that are in use, data, database and roles away for good', async () => {
    const superuser = await openSuperuser(postern)
    const before = await rolesAndDatabases(superuser)
    const account = await postern.createAccount('doomed')
    await sql(postern, 'doomed', 'create table kept (id integer)', account.master_key)
    const regular = await createKey(postern, account, {
      tables: [{ name: 'kept', permissions: ['select'] }],
      create: ['public'],
    })
    await sql(postern, 'doomed', 'create table made (id integer)', regular.token)
    const tokens = [account.master_key, regular.token, 'default_public']
    const during = await rolesAndDatabases(superuser)
    expect(during.length).toBeGreaterThan(before.length)

    let isDeleted = false
    const clients = tokens.map(async (token) => {
      const statuses = new Set<number>()
      while (!isDeleted) {
        const answer = await sql(postern, 'doomed', 'select 1', token).catch(() => undefined)
        // An answer that was on its way when the account ended is cut off.
        if (answer !== undefined) statuses.add(answer.status)
      }
      return statuses
    })
    const deletion = await postern.run('account', 'delete', 'doomed', '--yes', '--json')
    isDeleted = true
    expect({ code: deletion.code, stderr: deletion.stderr }).toEqual({ code: 0, stderr: '' })
    expect(JSON.parse(deletion.stdout)).toMatchObject({ account: 'doomed' })
    for (const statuses of await Promise.all(clients)) {
      for (const status of statuses) expect([200, 401, 404]).toContain(status)
    }

    for (const token of tokens) {
      expect((await sql(postern, 'doomed', 'select 1', token)).status).toBe(404)
      expectUnauthorized(await authApi(postern, 'doomed', token).list())
      const map = `${postern.url}/v3/maps/default/table?name=kept`
      const headers = { authorization: `Bearer ${token}` }
      expect((await send(map, { headers })).status).toBe(401)
      const tile = `${postern.url}/user/doomed/v3/maps/default/table/0/0/0?name=kept`
      expect((await send(tile, { headers })).status).toBe(401)
    }
    expect((await sql(postern, 'doomed', 'select 1')).status).toBe(404)
    expect(await rolesAndDatabases(superuser)).toEqual(before)
    await superuser.end()
  })

  test('frees the name for a new account that shares nothing with the old', async () => {
    const first = await postern.createAccount('again')
    await sql(postern, 'again', 'create table relic (id integer)', first.master_key)
    const deletion = await postern.run('account', 'delete', 'again')
    expect(deletion).toMatchObject({ code: 0, stderr: '' })
    expect(deletion.stdout).toContain("'again'")
    const second = await postern.createAccount('again')
    expect(second.master_key).not.toBe(first.master_key)
    expect((await sql(postern, 'again', 'select 1', first.master_key)).status).toBe(401)
    const answer = await sql(postern, 'again', 'select * from relic', second.master_key)
    expect(answer.json()).toEqual({ error: ['relation "relic" does not exist'] })
  })
})

test('two accounts cannot see each other by any token', async () => {
  const [left, right] = [await postern.createAccount('bob'), await postern.createAccount('owner')]
  for (const [mine, theirs] of [
    [left, right],
    [right, left],
  ] as const) {
    const created = `create table only_${mine.account} as select 'of ${mine.account}' as text`
    expect((await sql(postern, mine.account, created, mine.master_key)).status).toBe(200)
    const key = await createKey(postern, mine, {
      tables: [{ name: `only_${mine.account}`, permissions: ['select'] }],
    })
    await sql(postern, theirs.account, 'select 1', theirs.master_key)
    for (const token of [mine.master_key, key.token]) {
      expect((await sql(postern, theirs.account, 'select 1', token)).status).toBe(401)
      expectUnauthorized(await authApi(postern, theirs.account, token).list())
      const map = `${postern.url}/user/${theirs.account}/v3/maps/default/table?name=x`
      const headers = { authorization: `Bearer ${token}` }
      expect((await send(map, { headers })).status).toBe(401)
      const own = await sql(postern, mine.account, `select * from only_${theirs.account}`, token)
      expect(own.json()).toEqual({ error: [`relation "only_${theirs.account}" does not exist`] })
    }
    const database = (
      await sql(postern, theirs.account, 'select current_database() as name')
    ).json<{
      rows: { name: string }[]
    }>().rows[0]?.name
    for (const token of [mine.master_key, key.token]) {
      const across = `select * from ${database}.public.only_${theirs.account}`
      expect((await sql(postern, mine.account, across, token)).status).toBe(400)
    }
    const extension = 'create extension postgres_fdw'
    expect((await sql(postern, mine.account, extension, mine.master_key)).status).toBe(403)
    const keys = (await authApi(postern, mine.account, mine.master_key).list()).json<KeyList>()
    expect(new Set(keys.result.map(({ user }) => user.username))).toEqual(new Set([mine.account]))
  }
})

test('doctor finds nothing wrong with a sound installation', async () => {
  const { code, stdout } = await postern.run('doctor', '--json')
  const findings = JSON.parse(stdout) as { severity: string; sentence: string }[]
  expect(findings.length).toBeGreaterThan(3)
  expect(findings.filter(({ severity }) => severity === 'problem')).toEqual([])
  expect(code).toBe(0)
})

describe('secrets rotate', () => {
  const keyFile = () => join(postern.dataDir, 'secrets.json')

  async function readKeyIds(): Promise<string[]> {
    const file = JSON.parse(await readFile(keyFile(), 'utf8')) as {
      current: string
      keys: { id: string }[]
    }
    const ids = file.keys.map((key) => key.id)
    expect(ids).toContain(file.current)
    return ids
  }

  test('replaces the key while requests go on, and none of them fails', patiently, async () => {
    const owner = postern.demo
    const tokens = [owner.master_key, 'default_public']
    for (let index = 0; index < 10; index += 1) {
      tokens.push((await createKey(postern, owner, { apis: ['sql'] })).token)
    }
    const [before] = await readKeyIds()
    let isRotated = false
    let made = 0
    const failures: string[] = []
    const reading = tokens.map(async (token) => {
      while (!isRotated) {
        for (const answer of [
          await sql(postern, 'demo', 'select 1', token),
          await authApi(postern, 'demo', token).list(),
        ]) {
          if (answer.status !== 200) failures.push(`${answer.status} ${answer.text}`)
        }
      }
    })
    const writing = (async () => {
      const api = authApi(postern, 'demo', owner.master_key)
      while (!isRotated) {
        const name = `during ${made}`
        const steps = [
          await api.create({ name, grants: [apis('sql')] }),
          await api.regenerate(name),
          await api.remove(name),
        ]
        for (const step of steps.slice(0, 2)) postern.keepSecret(step.json<ApiKey>().token)
        if (steps.map(({ status }) => status).join() !== '201,200,204') {
          failures.push(...steps.map(({ status, text }) => `${status} ${text}`))
        }
        made += 1
      }
    })()
    for (let round = 0; round < rounds(1, 10); round += 1) {
      const { code, stdout, stderr } = await postern.run('secrets', 'rotate')
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout).toMatch(/^Sealed the secrets of \d+ keys anew\. The current key is \S+\.\n$/)
    }
    isRotated = true
    await Promise.all([...reading, writing])
    expect(failures).toEqual([])
    expect(made).toBeGreaterThan(0)

    const after = await readKeyIds()
    expect(after).toHaveLength(1)
    expect(after).not.toContain(before)
    expect((await stat(keyFile())).mode & 0o777).toBe(0o600)
    await postern.kill('SIGTERM')
    await postern.restart()
    for (const token of tokens) {
      expect((await sql(postern, 'demo', 'select 1', token)).status).toBe(200)
    }
  })

  test('killed in the middle it leaves everything working, and run again it finishes', async () => {
    const key = await createKey(postern, postern.demo, { apis: ['sql'] })
    // A server that holds still does not confirm the new key: the middle lasts until it is given up.
    process.kill(postern.pid, 'SIGSTOP')
    const rotation = spawnPostern(['secrets', 'rotate'], postern.settings)
    try {
      await expect.poll(readKeyIds, { interval: 5 }).toHaveLength(2)
    } finally {
      rotation.child.kill('SIGKILL')
      await rotation.finished
      process.kill(postern.pid, 'SIGCONT')
    }
    const works = async () => (await sql(postern, 'demo', 'select 1', key.token)).status
    await expect.poll(works).toBe(200)
    const made = await createKey(postern, postern.demo, { apis: ['sql'] })

    const { code, stderr } = await postern.run('secrets', 'rotate')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(await readKeyIds()).toHaveLength(1)
    for (const { token } of [key, made]) {
      expect((await sql(postern, 'demo', 'select 1', token)).status).toBe(200)
    }
    const shown = await authApi(postern, 'demo', made.token).show(made.name)
    expect(shown.json<ApiKey>().token).toBe(made.token)
  })
})

describe('on a stopped server', () => {
  test('commands work, and leave no process behind', patiently, async () => {
    await postern.kill('SIGTERM')
    const account = await postern.createAccount('offline')
    const deletion = await postern.run('account', 'delete', 'again', '--yes')
    expect(deletion.code, deletion.stderr).toBe(0)
    const list = await postern.run('account', 'list', '--json')
    const names = (JSON.parse(list.stdout) as { account: string }[]).map((entry) => entry.account)
    expect(names).toContain('offline')
    expect(names).not.toContain('again')
    expect((await postern.run('doctor')).code).toBe(0)
    expect(listProcessesOf(postern.dataDir)).toEqual([])
    await postern.restart()
    expect((await sql(postern, 'offline', 'select 1', account.master_key)).status).toBe(200)
    const key = await authApi(postern, 'offline', account.master_key).create({
      name: 'first',
      grants: [apis('sql'), database()],
    })
    expect(key.status).toBe(201)
    postern.keepSecret(key.json<ApiKey>().token)
  })

  test('a key file that others can read is refused with what to do about it', async () => {
    await postern.kill('SIGTERM')
    const path = join(postern.dataDir, 'secrets.json')
    await chmod(path, 0o644)
    for (const args of [['start'], ['account', 'list']]) {
      const { code, stderr } = await postern.run(...args)
      expect(code).toBe(1)
      expect(stderr).toMatch(
        /^The file \S+ holds a secret and can be read by others\. Run: chmod 600 \S+\n$/,
      )
      expect(stderr).toContain(`chmod 600 ${path}\n`)
    }
    expect(listProcessesOf(postern.dataDir)).toEqual([])
    await chmod(path, 0o600)
    await postern.restart()
  })
})

async function rolesAndDatabases(superuser: {
  query(text: string): Promise<{ rows: { name: string }[] }>
}): Promise<string[]> {
  const { rows } = await superuser.query(
    `select 'role ' || rolname as name from pg_roles
     union all select 'database ' || datname from pg_database order by name`,
  )
  return rows.map((row) => row.name)
}
