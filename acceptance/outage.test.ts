import { afterAll, beforeAll, expect, test } from 'vitest'
import { findPublicRole, runAsOwner } from './support/populate-account.ts'
import { type Postern, sleep, startPostern } from './support/postern.ts'
import { findPostmasterPid, postmasterPid, signalCluster } from './support/postmaster.ts'
import { basic, type CreatedKey, createKey, send } from './support/requests.ts'

let postern: Postern
let reader: CreatedKey

beforeAll(async () => {
  postern = await startPostern()
  reader = await createKey(postern, postern.demo, {
    tables: [{ name: 'surveys', permissions: ['select'] }],
  })
})
afterAll(() => postern.stop())

/** One kind of request, and how its surface says that something is wrong. */
type Client = {
  readonly name: string
  readonly path: string
  readonly headers: Record<string, string>
  readonly error: object
}

const sentence = expect.stringMatching(/^The (control )?database cannot be reached right now\./)

function clients(): Client[] {
  const { demo } = postern
  return [
    {
      name: 'SQL, public',
      path: '/user/demo/api/v2/sql?q=select+count(*)+from+capitals',
      headers: {},
      error: { error: [sentence] },
    },
    {
      name: 'SQL, regular key',
      path: '/user/demo/api/v2/sql?q=select+*+from+surveys',
      headers: basic('demo', reader.token),
      error: { error: [sentence] },
    },
    {
      name: 'tiles',
      path: '/user/demo/v3/maps/default/table/0/0/0?name=surveys',
      headers: { authorization: `Bearer ${reader.token}` },
      error: { error: sentence, status: 503 },
    },
    {
      name: 'a key that nobody has cached',
      path: '/user/demo/api/v2/sql?q=select+1&api_key=',
      headers: {},
      error: { error: [sentence] },
    },
    {
      name: 'the list of keys',
      path: '/user/demo/api/v3/api_keys',
      headers: basic('demo', demo.master_key),
      error: { errors: sentence, errors_cause: null },
    },
  ]
}

type Seen = {
  readonly client: Client
  readonly status: number
  readonly body: unknown
  readonly elapsedMs: number
}

/** Keeps every client asking, two requests at a time each, while `during` runs. */
async function underLoad(during: (soFar: readonly Seen[]) => Promise<void>): Promise<Seen[]> {
  const seen: Seen[] = []
  let running = true
  async function work(client: Client): Promise<void> {
    while (running) {
      const startedAt = performance.now()
      // A request that is not answered at all fails the test here.
      const answer = await send(`${postern.url}${client.path}`, { headers: client.headers })
      const elapsedMs = performance.now() - startedAt
      seen.push({
        client,
        status: answer.status,
        body: answer.status === 200 ? undefined : answer.json(),
        elapsedMs,
      })
      await sleep(20)
    }
  }
  const workers = Promise.all([...clients(), ...clients()].map(work))
  try {
    await during(seen)
  } finally {
    running = false
    await workers
  }
  return seen
}

/** Waits until /health answers with this status. It knows no other than these two. */
async function untilHealth(status: number): Promise<void> {
  let last: number | undefined
  for (let attempt = 0; attempt < 3_000; attempt += 1) {
    const answer = await send(`${postern.url}/health`)
    last = answer.status
    if (last === status) return
    expect([200, 503]).toContain(last)
    await sleep(20)
  }
  throw new Error(`/health answers ${last}`)
}

/** Waits until this client was answered with this status. */
async function untilSeen(seen: readonly Seen[], name: string, status: number): Promise<void> {
  for (let attempt = 0; attempt < 1_500; attempt += 1) {
    if (statusesByClient(seen)[name]?.includes(status)) return
    await sleep(20)
  }
  throw new Error(`${name}: not answered with ${status}.`)
}

/** Waits until PostgreSQL has been started again. */
async function untilAnotherPostmaster(previous: number): Promise<void> {
  for (let attempt = 0; attempt < 3_000; attempt += 1) {
    const current = findPostmasterPid(postern)
    if (current !== undefined && current !== previous) return
    await sleep(20)
  }
  throw new Error('PostgreSQL was not started again.')
}

async function expectRecovery(): Promise<void> {
  for (const client of clients()) {
    const answer = await send(`${postern.url}${client.path}`, { headers: client.headers })
    expect(answer.status, `${client.name}: ${answer.text}`).toBe(200)
  }
  await createKey(postern, postern.demo, {
    tables: [{ name: 'surveys', permissions: ['select', 'insert'] }],
  })
}

function expectHonesty(seen: readonly Seen[]): void {
  for (const { client, status, body, elapsedMs } of seen) {
    expect([200, 503], `${client.name}: ${JSON.stringify(body)}`).toContain(status)
    expect(elapsedMs, client.name).toBeLessThan(20_000)
    if (status === 503) expect(body, client.name).toEqual(client.error)
  }
  expect(postern.output()).not.toMatch(/unhandled|uncaught|MaxListeners/i)
}

/** What each kind of client was answered with, sorted. */
function statusesByClient(seen: readonly Seen[]): Record<string, number[]> {
  return Object.fromEntries(
    clients().map(({ name }) => {
      const statuses = seen.filter(({ client }) => client.name === name).map(({ status }) => status)
      return [name, [...new Set(statuses)].sort()]
    }),
  )
}

test('PostgreSQL that is killed under load is missed with 503 and comes back by itself', async () => {
  const { pid } = postern
  const killed = postmasterPid(postern)
  const seen = await underLoad(async () => {
    await sleep(1_000)
    process.kill(killed, 'SIGKILL')
    // It can be back before anybody asks /health.
    await untilAnotherPostmaster(killed)
    await untilHealth(200)
    await sleep(1_000)
  })
  expectHonesty(seen)
  expect(seen.map(({ status }) => status)).toContain(503)
  await expectRecovery()
  expect(postern.pid).toBe(pid)
})

test('PostgreSQL that stands still is missed with 503 and goes on where it was', async () => {
  const postmaster = postmasterPid(postern)
  const seen = await underLoad(async (soFar) => {
    await untilSeen(soFar, 'tiles', 200)
    await sleep(1_000)
    signalCluster(postmaster, 'SIGSTOP')
    try {
      await untilHealth(503)
      // Kept tiles are sent for as long as the server knows that nothing was revoked.
      await untilSeen(soFar, 'tiles', 503)
    } finally {
      signalCluster(postmaster, 'SIGCONT')
    }
    await untilHealth(200)
    await sleep(1_000)
  })
  expectHonesty(seen)
  // What manages may wait for PostgreSQL instead, for as long as honesty allows.
  const { 'the list of keys': ofManagement, ...ofData } = statusesByClient(seen)
  expect(ofManagement).toContain(200)
  expect(new Set(Object.values(ofData).map(String))).toEqual(new Set(['200,503']))
  expect(postmasterPid(postern)).toBe(postmaster)
  await expectRecovery()
})

test('an answer that was under way ends, and says that it is not whole', async () => {
  const publicRole = await findPublicRole(postern, postern.demo)
  const response = await fetch(
    `${postern.url}/user/demo/api/v2/sql?q=${encodeURIComponent(
      "select generate_series(1, 1000000000) as n, repeat('x', 100) as t",
    )}`,
  )
  expect(response.status).toBe(200)
  const text = response.text().catch(() => 'cut off')
  const killed = postmasterPid(postern)
  process.kill(killed, 'SIGKILL')
  const [answer] = await Promise.all([text, untilAnotherPostmaster(killed)])
  if (answer !== 'cut off') {
    expect(answer.slice(-200)).toMatch(/"error":\["The (control )?database cannot be reached/)
  }
  await untilHealth(200)
  await expectRecovery()
  const running = await runAsOwner(
    postern,
    postern.demo,
    `select from pg_stat_activity where usename = '${publicRole}' and state = 'active'`,
  )
  expect(running).toEqual([])
})
