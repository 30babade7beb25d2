import { afterAll, beforeAll, expect, test } from 'vitest'
import { findPublicRole, runAsOwner } from './support/populate-account.ts'
import { type Postern, sleep, startPostern } from './support/postern.ts'
import { findPostmasterPid, postmasterPid, signalCluster } from './support/postmaster.ts'
import { basic, type CreatedKey, createKey, send } from './support/requests.ts'
import { until } from './support/until.ts'

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
}

/** Keeps every client asking, two requests at a time each, while `during` runs. */
async function underLoad(during: (soFar: readonly Seen[]) => Promise<void>): Promise<Seen[]> {
  const seen: Seen[] = []
  let running = true
  async function work(client: Client): Promise<void> {
    while (running) {
      // A request that is not answered at all fails the test here.
      const answer = await send(`${postern.url}${client.path}`, { headers: client.headers })
      seen.push({
        client,
        status: answer.status,
        body: answer.status === 200 ? undefined : answer.json(),
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

/** Waits until each of these clients is answered with this status, from now on. */
async function untilAnswered(
  seen: readonly Seen[],
  names: readonly string[],
  status: number,
): Promise<void> {
  const before = seen.length
  await until(async () => {
    const statuses = statusesByClient(seen.slice(before))
    return names.every((name) => statuses[name]?.includes(status)) || undefined
  })
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
  for (const { client, status, body } of seen) {
    expect([200, 503], `${client.name}: ${JSON.stringify(body)}`).toContain(status)
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
  const everybody = clients().map(({ name }) => name)
  const seen = await underLoad(async (soFar) => {
    await untilAnswered(soFar, everybody, 200)
    process.kill(killed, 'SIGKILL')
    // It can be back before anybody asks /health.
    await untilAnotherPostmaster(killed)
    await untilHealth(200)
    await untilAnswered(soFar, everybody, 200)
  })
  expectHonesty(seen)
  expect(seen.map(({ status }) => status)).toContain(503)
  await expectRecovery()
  expect(postern.pid).toBe(pid)
})

test('PostgreSQL that stands still is missed with 503 and goes on where it was', async () => {
  const postmaster = postmasterPid(postern)
  const everybody = clients().map(({ name }) => name)
  // What manages may wait for PostgreSQL instead.
  const ofData = everybody.filter((name) => name !== 'the list of keys')
  const seen = await underLoad(async (soFar) => {
    await untilAnswered(soFar, everybody, 200)
    signalCluster(postmaster, 'SIGSTOP')
    try {
      await untilHealth(503)
      // Kept tiles are sent for as long as the server knows that nothing was revoked.
      await untilAnswered(soFar, ofData, 503)
    } finally {
      signalCluster(postmaster, 'SIGCONT')
    }
    await untilHealth(200)
    await untilAnswered(soFar, everybody, 200)
  })
  expectHonesty(seen)
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
