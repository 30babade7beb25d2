import { readFileSync } from 'node:fs'
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { holdTable } from './support/hold-table.ts'
import { runAsOwner } from './support/populate-account.ts'
import { type Postern, sleep, startPostern } from './support/postern.ts'
import { type Answer, basic, createKey, send, sql } from './support/requests.ts'

let postern: Postern

const statementTimeoutMs = 6_000

beforeAll(async () => {
  postern = await startPostern({ POSTERN_STATEMENT_TIMEOUT_MS: String(statementTimeoutMs) })
})
afterAll(async () => {
  const output = postern.output()
  await postern.stop()
  expect(output).not.toContain('MaxListenersExceededWarning')
})

type OpenAnswer = { readonly request: ClientRequest; readonly response: IncomingMessage }

/** Asks with a connection of its own and resolves at the first bytes of the answer's head. */
function open(q: string, token = postern.demo.master_key): Promise<OpenAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      `${postern.url}/user/demo/api/v2/sql`,
      {
        method: 'POST',
        agent: false,
        headers: {
          ...basic('demo', token),
          'content-type': 'application/x-www-form-urlencoded',
        },
      },
      (response) => {
        response.on('error', () => {})
        resolve({ request: outgoing, response })
      },
    )
    outgoing.on('error', reject)
    outgoing.end(new URLSearchParams({ q }).toString())
  })
}

/** Reads to the end; `everyBytes` rests for a moment each time that so much has come. */
async function read(
  { response }: OpenAnswer,
  everyBytes = Number.POSITIVE_INFINITY,
): Promise<{ bytes: number; head: string; tail: string }> {
  let bytes = 0
  let head = ''
  let tail = ''
  let rested = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (head.length < 100) head += chunk.toString('latin1')
    tail = (tail + chunk.toString('latin1')).slice(-400)
    if (bytes - rested < everyBytes) continue
    rested = bytes
    await sleep(10)
  }
  return { bytes, head, tail }
}

function memory(kind: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${postern.pid}/status`, 'utf8')
  return Number(new RegExp(`^${kind}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024
}

/** How many statements with this mark run for the account's owner. */
async function countRunning(mark: string): Promise<number> {
  const answer = await sql(
    postern,
    'demo',
    `select count(*) as count from pg_stat_activity
     where state = 'active' and query like '%' || '${mark}' || '%' and pid <> pg_backend_pid()`,
    postern.demo.master_key,
  )
  return answer.json<{ rows: [{ count: number }] }>().rows[0].count
}

const untilRunning = (mark: string, count: number) =>
  expect.poll(() => countRunning(mark), { interval: 100 }).toBe(count)

const endlessRows = "select generate_series(1, 1000000000000) as n, repeat('x', 100) as t"
const endless = 'select count(*) from (select generate_series(1, 1000000000000)) as n'

test('a large answer that is read slowly takes little memory', async () => {
  await sql(postern, 'demo', 'select 1')
  const before = memory('VmRSS')
  const answer = await open("select i, repeat('x', 1000) as t from generate_series(1, 200000) as i")
  const { bytes, head, tail } = await read(answer, 1024 * 1024)
  expect(answer.response.statusCode).toBe(200)
  expect(bytes).toBeGreaterThan(200_000_000)
  expect(head.startsWith('{"rows":[{"i":1,"t":"xxx')).toBe(true)
  expect(tail).toMatch(/\],"time":[\d.]+,"fields":\{.*\},"total_rows":200000\}$/)
  expect(memory('VmHWM') - before).toBeLessThan(150)
})

test('a client that does not read holds up its own statement, not the server', async () => {
  const { request: outgoing, response } = await open(`${endlessRows} /* unread */`)
  response.pause()
  await sleep(500)
  const before = memory('VmRSS')
  await sleep(2_000)
  // Without back-pressure this would be hundreds of megabytes.
  expect(memory('VmRSS') - before).toBeLessThan(60)
  expect(await countRunning('/* unread */')).toBe(1)
  outgoing.destroy()
  await untilRunning('/* unread */', 0)
})

test('a value that no answer can hold is refused before it fills the memory', async () => {
  const before = memory('VmRSS')
  const answer = await sql(
    postern,
    'demo',
    "select repeat('x', 300000000) as t",
    postern.demo.master_key,
  )
  expect(answer.status).toBe(400)
  expect(answer.json<{ error: string[] }>().error[0]).toMatch(/^A row of the result is larger than/)
  expect(memory('VmHWM') - Math.max(before, memory('VmRSS'))).toBeLessThan(150)
})

test('an error in row 200,000 ends a well-formed document', async () => {
  const answer = await send(`${postern.url}/user/demo/api/v2/sql`, {
    method: 'POST',
    body: new URLSearchParams({
      q: 'select 1 / (200000 - i) as v from generate_series(1, 300000) as i',
    }),
  })
  expect(answer.status).toBe(200)
  const { rows, total_rows, error } = answer.json<{
    rows: unknown[]
    total_rows: number
    error: string[]
  }>()
  expect([rows.length, total_rows, error]).toEqual([199_999, 199_999, ['division by zero']])
  expect(answer.text).toMatch(/,"total_rows":199999,"error":\["division by zero"\]\}$/)
})

test('the deadline ends an answer that has begun with an error inside of it', async () => {
  const answer = await sql(
    postern,
    'demo',
    `select n, repeat('x', 1000) as t, (select count(*) from generate_series(1, 20000) where n > 0)
     from generate_series(1, 1000000) as n`,
  )
  expect(answer.status).toBe(200)
  const { rows, error } = answer.json<{ rows: unknown[]; error: string[] }>()
  expect(rows.length).toBeGreaterThan(0)
  expect(error?.[0]).toContain('SQL query timeout error')
})

test.each([
  ['that waits for its answer', endless],
  ['that has begun to read', endlessRows],
])('a client %s and goes away takes its statement with it', async (_title, q) => {
  const mark = `/* gone ${q.length} */`
  const controller = new AbortController()
  const response = fetch(`${postern.url}/user/demo/api/v2/sql`, {
    method: 'POST',
    headers: basic('demo', postern.demo.master_key),
    body: new URLSearchParams({ q: `${q} ${mark}` }),
    signal: controller.signal,
  }).catch(() => undefined)
  await untilRunning(mark, 1)
  controller.abort()
  await response
  await untilRunning(mark, 0)
})

test('twenty statements of one key that wait keep nobody else waiting', async () => {
  const tables = [{ name: 'surveys', permissions: ['select'] }]
  const greedy = await createKey(postern, postern.demo, { tables })
  const modest = await createKey(postern, postern.demo, { tables })
  const letGo = await holdTable(postern, postern.demo, 'surveys')
  const answers: Answer[] = []
  const waiting = Array.from({ length: 20 }, async () => {
    const answer = await sql(postern, 'demo', 'table surveys', greedy.token)
    answers.push(answer)
  })
  const count = (status: number) => answers.filter((answer) => answer.status === status).length
  // As many as a key has sessions.
  const waiters = `select count(*)::int as count from pg_locks
    where relation = 'surveys'::regclass and not granted`
  await expect.poll(() => runAsOwner(postern, postern.demo, waiters)).toEqual([{ count: 4 }])
  for (const token of [modest.token, undefined, postern.demo.master_key]) {
    const answer = await sql(postern, 'demo', 'select count(*) from capitals', token)
    expect(answer.status, answer.text).toBe(200)
  }
  // They have not waited until one of those was over.
  expect(count(429)).toBe(0)

  await Promise.all(waiting)
  await letGo()
  // They ran into the deadline; for the others none came free in time, unless they came late.
  expect(count(429)).toBeGreaterThanOrEqual(4)
  expect(count(503)).toBe(20 - count(429))
  const busy = answers.find((answer) => answer.status === 503)
  expect(busy?.json()).toEqual({
    error: ['Too many requests are using this credential right now. Try again in a moment.'],
  })
  const after = await sql(postern, 'demo', 'select count(*) from surveys', greedy.token)
  expect(after.status).toBe(200)
})
