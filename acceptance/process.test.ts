import { readdir, readFile, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { apis, authApi } from './support/auth-api.ts'
import { type Finished, runPostern, spawnPostern } from './support/command-line.ts'
import { getFreePort } from './support/free-port.ts'
import { type PlainPostgres, startPlainPostgres } from './support/plain-postgres.ts'
import { makeDataDir, type Postern, sleep, startPostern } from './support/postern.ts'
import { findPostmasterPid } from './support/postmaster.ts'
import { listProcessesOf } from './support/processes.ts'
import { type Answer, basic, type CreatedKey, createKey, send, sql } from './support/requests.ts'
import { superuserUrl } from './support/superuser.ts'

/** Several starts in one test: on a busy machine that is more than a minute. */
const patiently = { timeout: 480_000 }

let postern: Postern
let key: CreatedKey

beforeAll(async () => {
  postern = await startPostern()
  key = await createKey(postern, postern.demo, {
    name: 'survivor',
    tables: [{ name: 'surveys', permissions: ['select'] }],
  })
  await asOwner('create table ledger (writer integer, entry integer)')
})
afterAll(() => postern.stop())

/** Computes for ever and needs no room for it: it has to be ended. */
const endlessStatement =
  'select count(*) from capitals a, capitals b, capitals c, capitals d, capitals e, capitals f'

describe('a server', () => {
  // On SIGINT every server of these tests ends: `stop` of support/postern.ts.
  test('ends cleanly on SIGTERM, whatever it is doing, and a second start has everything', async () => {
    const running = sql(postern, 'demo', endlessStatement, key.token)
    const outcome = running.then(
      ({ status }) => status,
      () => 0,
    )
    await sleep(300)
    expect(await postern.kill('SIGTERM')).toBe(0)
    // Told that the server is stopping, or cut off; never left hanging.
    expect([0, 503]).toContain(await outcome)
    expect(listProcessesOf(postern.dataDir)).toEqual([])
    await postern.restart()
    await expectWorking()
    const [first] = await readdir(postern.dataDir).then((names) =>
      names.filter((name) => name.endsWith('.tmp') || name.includes('unfinished')),
    )
    expect(first).toBeUndefined()
  })

  test('does not start twice on one data directory, and the first goes on', async () => {
    const second = await postern.run('start')
    expect(second.code).toBe(1)
    expect(second.stderr).toContain(
      `Another Postern (process ${postern.pid}) already works on ${postern.dataDir}.`,
    )
    expect(second.stderr).not.toMatch(/^ +at /m)
    await expectWorking()
  })

  test('says when its port is taken, and leaves nothing running', async () => {
    await postern.kill('SIGTERM')
    const holder = await listenOn(postern.port)
    const { code, stderr } = await postern.run('start')
    await close(holder)
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `Something else already listens on 127.0.0.1:${postern.port}. Choose another port with POSTERN_PORT.\n`,
    })
    expect(listProcessesOf(postern.dataDir)).toEqual([])
    await postern.restart()
    await expectWorking()
  })

  test('killed during writes, it has every acknowledged one after a start, and nothing else runs', async () => {
    let isKilled = false
    const acknowledged: string[] = []
    const writers = Array.from({ length: 4 }, async (_, writer) => {
      for (let entry = 0; !isKilled; entry += 1) {
        const statement = `insert into ledger values (${writer}, ${entry})`
        const answer = await sql(postern, 'demo', statement, postern.demo.master_key).catch(
          () => undefined,
        )
        if (answer?.status === 200) acknowledged.push(`${writer} ${entry}`)
      }
    })
    await expect.poll(() => acknowledged.length).toBeGreaterThan(200)
    const before = listProcessesOf(postern.dataDir)
    const restarted = postern.kill('SIGKILL').then(() => postern.restart())
    await sleep(50)
    isKilled = true
    await Promise.all(writers)
    await restarted
    const rows = await readRows('select writer, entry from ledger')
    const kept = new Set(rows.map(({ writer, entry }) => `${writer} ${entry}`))
    expect(acknowledged.filter((entry) => !kept.has(entry))).toEqual([])
    expect(listProcessesOf(postern.dataDir).filter((pid) => before.includes(pid))).toEqual([])
    await expectWorking()
  })
})

test(
  'killed PostgreSQL: every surface says 503 in its own shape, and all recovers by itself',
  patiently,
  async () => {
    await asOwner('insert into ledger values (99, 1)')
    const { port } = JSON.parse(await readFile(join(postern.dataDir, 'cluster.json'), 'utf8')) as {
      port: number
    }
    // Whoever has its port keeps it away for as long as the test looks at its absence.
    let holder: Server | undefined
    while (holder === undefined) {
      const pid = findPostmasterPid(postern)
      if (pid !== undefined) process.kill(pid, 'SIGKILL')
      holder = await takeOver(port)
    }
    onTestFinished(() => (holder?.listening ? close(holder) : undefined))

    const headers = basic('demo', key.token)
    const ask = {
      sql: () => sql(postern, 'demo', 'select count(*) from surveys', key.token),
      public: () => sql(postern, 'demo', 'select count(*) from capitals'),
      auth: () => send(`${postern.url}/user/demo/api/v3/api_keys`, { headers }),
      maps: () => send(`${postern.url}/v3/maps/default/table?name=surveys`, { headers }),
      tile: () => send(`${postern.url}/v3/maps/default/table/0/0/0?name=surveys`, { headers }),
      health: () => send(`${postern.url}/health`),
    }
    const sentence = expect.stringMatching(/cannot be reached right now\. Try again in a moment\.$/)
    // At once, while the node still has its lease, and when it has lost it.
    for (const pauseMs of [0, 3_000]) {
      await sleep(pauseMs)
      for (const [name, answer] of Object.entries(await askAll(ask))) {
        expect(answer.status, `${name}: ${answer.text}`).toBe(503)
        expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
        const shapes: Record<string, unknown> = {
          sql: { error: [sentence] },
          public: { error: [sentence] },
          auth: { errors: sentence, errors_cause: null },
        }
        expect(answer.json(), name).toEqual(shapes[name] ?? { error: sentence, status: 503 })
      }
    }

    await close(holder)
    const statuses = async () => [
      ...new Set(Object.values(await askAll(ask)).map(({ status }) => status)),
    ]
    await expect.poll(statuses, { interval: 500 }).toEqual([200])
    const rows = await readRows('select entry from ledger where writer = 99')
    expect(rows).toEqual([{ entry: 1 }])
    await expectWorking()
    const made = await authApi(postern, 'demo', postern.demo.master_key).create({
      name: 'after the fall',
      grants: [apis('sql')],
    })
    expect(made.status, made.text).toBe(201)
    postern.keepSecret(made.json<CreatedKey>().token)
  },
)

describe('settings that cannot be', () => {
  const nowhere = 'postgres://someone:hidden-password@127.0.0.1:1/postgres'

  test.each([
    [
      'POSTERN_PORT',
      'eighty',
      "POSTERN_PORT is 'eighty': it must be a whole number from 0 to 65535.",
    ],
    ['DATABASE_URL', 'mysql://a:hidden-password@b/c', /^DATABASE_URL must look like postgres:\/\//],
    [
      'DATABASE_URL',
      nowhere,
      /^Cannot use the PostgreSQL server at 127\.0\.0\.1:1: .*ECONNREFUSED/,
    ],
    ['POSTERN_HOST', '192.0.2.1', /192\.0\.2\.1/],
    ['POSTERN_SECRET_KEYS', 'not JSON', /./],
  ])('%s=%s is refused with a sentence', async (name, value, sentence) => {
    await postern.kill('SIGTERM')
    const { code, stderr } = await runPostern(['start'], { ...postern.settings, [name]: value })
    expect(code).toBe(1)
    const [line = '', ...more] = stderr.trimEnd().split('\n')
    if (typeof sentence === 'string') expect(line).toBe(sentence)
    else expect(line).toMatch(sentence)
    // A sentence for the operator, not a place in the code.
    expect(more).toEqual([])
    expect(stderr).not.toContain('hidden-password')
    expect(listProcessesOf(postern.dataDir)).toEqual([])
  })

  test('nothing of it has harmed the installation', async () => {
    await postern.restart()
    await expectWorking()
  })
})

test('a first start that is killed again and again ends in a working demo', patiently, async () => {
  const dataDir = await makeDataDir()
  const settings = { ...postern.settings, POSTERN_DATA_DIR: dataDir, POSTERN_PORT: '0' }
  for (const [milestone, delayMs] of [
    ['Creating a private PostgreSQL', 500],
    ['Making the account "demo"', 0],
    ['Making the account "demo"', 400],
  ] as const) {
    const start = spawnPostern(['start'], settings)
    await expect.poll(start.output, { timeout: 180_000, interval: 20 }).toContain(milestone)
    await sleep(delayMs)
    start.child.kill('SIGKILL')
    await start.finished
  }
  const survivor = await startPostern({ POSTERN_DATA_DIR: dataDir })
  const count = async (table: string, token?: string) => {
    const answer = await sql(
      survivor,
      'demo',
      `select count(*)::integer as count from ${table}`,
      token,
    )
    return answer.json<{ rows: { count: number }[] }>().rows[0]?.count
  }
  expect(await count('capitals')).toBeGreaterThan(180)
  expect(await count('surveys', survivor.demo.master_key)).toBe(25)
  expect((await sql(survivor, 'demo', 'select * from surveys')).status).toBe(403)
  const list = await survivor.run('account', 'list', '--json')
  expect(JSON.parse(list.stdout)).toHaveLength(1)
  expect((await survivor.run('doctor')).code).toBe(0)
  await survivor.stop()
})

describe('DATABASE_URL', () => {
  let plain: PlainPostgres

  beforeAll(async () => {
    plain = await startPlainPostgres(postern)
  })
  afterAll(() => plain.stop())

  test('a role that may not make roles or databases is told what it lacks', async () => {
    await plain.query("create role helpless login password 'secret-1'")
    await plain.query("create role half login createdb password 'secret-2'")
    const helpless = await startOn(plain.url('helpless', 'secret-1'))
    expect(helpless.code).toBe(1)
    expect(helpless.stderr).toMatch(/helpless.* may not create databases.*createdb createrole/)
    const half = await startOn(plain.url('half', 'secret-2'))
    expect(half.code).toBe(1)
    expect(half.stderr).toMatch(/CREATEROLE/)
    const unknown = await startOn(plain.url('half', 'wrong-secret'))
    expect(unknown.code).toBe(1)
    expect(unknown.stderr).toMatch(/password authentication failed/)
    for (const { stderr } of [helpless, half, unknown]) {
      expect(stderr).not.toMatch(/secret-|wrong-secret|^ +at /m)
    }
    await plain.query('drop database if exists postern_control')
  })

  test(
    'a role that is no superuser is told what to run once, and then everything works',
    patiently,
    async () => {
      await plain.query("create role plain login createdb createrole password 'plain-secret'")
      const refused = await startOn(plain.url('plain', 'plain-secret'))
      expect(refused.code).toBe(1)
      const script = refused.stderr.slice(refused.stderr.indexOf('-- Prepares'))
      expect(script.length).toBeGreaterThan(100)
      const { code, output } = await plain.psql(script)
      expect(code, output).toBe(0)
      const served = await startPostern({ DATABASE_URL: plain.url('plain', 'plain-secret') })
      served.keepSecret('plain-secret')
      await expectUsable(served)
      await served.stop()
    },
  )

  test(
    'a superuser needs nothing, two nodes serve one installation, and end what the other ends',
    patiently,
    async () => {
      const dataDir = await makeDataDir()
      const port = String(await getFreePort())
      const second = spawnPostern(['start'], {
        DATABASE_URL: await superuserUrl(postern),
        POSTERN_SECRET_KEYS: await readFile(join(postern.dataDir, 'secrets.json'), 'utf8'),
        POSTERN_PORT: port,
        POSTERN_DATA_DIR: dataDir,
      })
      const there = { url: `http://127.0.0.1:${port}` }
      const isReady = () =>
        send(`${there.url}/health`).then(
          ({ status }) => status,
          () => 0,
        )
      await expect.poll(isReady, { timeout: 180_000, interval: 200 }).toBe(200)
      expect(await readdir(dataDir)).not.toContain('pg')

      const made = await createKey(postern, postern.demo, { apis: ['sql'] })
      const onSecond = () => sql(there, 'demo', 'select 1', made.token)
      expect((await onSecond()).status).toBe(200)
      const removed = await authApi(postern, 'demo', postern.demo.master_key).remove(made.name)
      expect((await onSecond()).status).toBe(401)
      expect(removed.headers.get('postern-receipt')).toContain('nodes=2')

      second.child.kill('SIGTERM')
      expect((await second.finished).code).toBe(0)
      await rm(dataDir, { recursive: true })
    },
  )

  async function startOn(url: string): Promise<Finished> {
    const dataDir = await makeDataDir()
    const settings = { POSTERN_DATA_DIR: dataDir, POSTERN_PORT: '0', DATABASE_URL: url }
    const finished = await runPostern(['start'], settings)
    await rm(dataDir, { recursive: true })
    return finished
  }
})

/** The whole life of a key and of an account. */
async function expectUsable(served: Postern): Promise<void> {
  const reader = await createKey(served, served.demo, {
    tables: [{ name: 'surveys', permissions: ['select'] }],
    create: ['public'],
  })
  expect((await sql(served, 'demo', 'select * from surveys', reader.token)).status).toBe(200)
  const tile = `${served.url}/v3/maps/default/table/0/0/0?name=surveys&access_token=${reader.token}`
  expect((await send(tile)).status).toBe(200)
  expect((await sql(served, 'demo', 'create table made (id integer)', reader.token)).status).toBe(
    200,
  )
  expect((await sql(served, 'demo', 'delete from surveys', reader.token)).status).toBe(403)
  const removed = await authApi(served, 'demo', served.demo.master_key).remove(reader.name)
  expect(removed.status, removed.text).toBe(204)
  expect((await sql(served, 'demo', 'select 1', reader.token)).status).toBe(401)
  expect((await sql(served, 'demo', 'drop table made', served.demo.master_key)).status).toBe(200)
  const account = await served.createAccount('other')
  expect((await sql(served, 'other', 'select 1', account.master_key)).status).toBe(200)
  const deletion = await served.run('account', 'delete', 'other', '--yes')
  expect(deletion.code, deletion.stderr).toBe(0)
  expect((await sql(served, 'other', 'select 1', account.master_key)).status).toBe(404)
  const doctor = await served.run('doctor')
  expect(doctor.code, doctor.stdout).toBe(0)
}

/** The key of before, the demo and the master key. */
async function expectWorking(): Promise<void> {
  const surveys = await sql(postern, 'demo', 'select * from surveys', key.token)
  expect(surveys.status, surveys.text).toBe(200)
  expect(surveys.json()).toMatchObject({ total_rows: 25 })
  expect((await sql(postern, 'demo', 'select * from capitals limit 1')).status).toBe(200)
  const list = await authApi(postern, 'demo', postern.demo.master_key).show('survivor')
  expect(list.json()).toMatchObject({ name: 'survivor', token: key.token })
}

async function asOwner(statement: string): Promise<void> {
  const answer = await sql(postern, 'demo', statement, postern.demo.master_key)
  if (answer.status !== 200) throw new Error(`${statement}: ${answer.status} ${answer.text}`)
}

async function readRows(statement: string): Promise<Record<string, unknown>[]> {
  const answer = await sql(postern, 'demo', statement, postern.demo.master_key)
  return answer.json<{ rows: Record<string, unknown>[] }>().rows
}

async function askAll<Name extends string>(
  questions: Record<Name, () => Promise<Answer>>,
): Promise<Record<string, Answer>> {
  const entries = Object.entries<() => Promise<Answer>>(questions)
  return Object.fromEntries(
    await Promise.all(entries.map(async ([name, ask]) => [name, await ask()] as const)),
  )
}

/** Listens on a port as soon as it is free; undefined when somebody else has come first. */
async function takeOver(port: number): Promise<Server | undefined> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const server = await listenOn(port).catch(() => undefined)
    if (server !== undefined) return server
    await sleep(5)
  }
  return undefined
}

function listenOn(port: number): Promise<Server> {
  const server = createServer((socket) => socket.destroy())
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve(server))
  })
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}
