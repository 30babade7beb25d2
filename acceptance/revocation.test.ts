import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ApiKey, authApi, expectUnauthorized } from './support/auth-api.ts'
import { spawnPostern } from './support/command-line.ts'
import { type AccountCredentials, type Postern, sleep, startPostern } from './support/postern.ts'
import { type Answer, basic, type CreatedKey, createKey, send, sql } from './support/requests.ts'
import { rounds } from './support/rounds.ts'
import { countSessions, openSuperuser } from './support/superuser.ts'

// Deleted means deleted: what is said here holds at the moment when the DELETE answers.

let postern: Postern
let superuser: pg.Client

beforeAll(async () => {
  // Whoever goes on asking with a key that has ended would be told to wait.
  postern = await startPostern({ POSTERN_RATE_LIMIT: '0', ...noLimits })
  superuser = await openSuperuser(postern)
})
afterAll(async () => {
  await superuser.end()
  await postern.stop()
})

/** Two ways to end a token, and what else is to be seen of each. */
const endings = [
  ['deleting a key', (name: string) => api().remove(name), 204],
  ['regenerating a key', (name: string) => api().regenerate(name), 200],
] as const

const api = () => authApi(postern, 'demo', postern.demo.master_key)
const surveys = [{ name: 'surveys', permissions: ['select'] }]
/** Nothing but the end of a credential ends what runs under it, however long that takes to come. */
const noLimits = {
  POSTERN_STATEMENT_TIMEOUT_MS: '600000',
  POSTERN_MASTER_STATEMENT_TIMEOUT_MS: '600000',
  POSTERN_MAX_RESULT_ROWS: '1000000000',
  POSTERN_MAX_RESULT_BYTES: '1000000000000',
}
const endlessAnswer = "select generate_series(1, 1000000000000) as n, repeat('x', 1000) as text"
/** More than all buffers between PostgreSQL and a client that does not read. */
const buffersBytes = 50_000_000
/** Computes for ever and needs no room for it: it has to be ended. */
const endlessStatement =
  'select count(*) from capitals a, capitals b, capitals c, capitals d, capitals e, capitals f'

describe.each(endings)('%s', (_title, end, status) => {
  test('cuts an answer that streams under it to a slow reader, before it answers', async () => {
    const key = await createKey(postern, postern.demo, { tables: surveys })
    const reader = await startReading(key, endlessAnswer)
    await reader.pause()
    const answer = await ended(end(key.name), status)
    expect(receiptOf(answer)['responses-aborted']).toBeGreaterThanOrEqual(1)
    expect(receiptOf(answer)['sessions-ended']).toBeGreaterThanOrEqual(1)
    const { isComplete, bytes } = await reader.rest()
    expect(isComplete).toBe(false)
    // What the kernel already held; nothing was read from PostgreSQL any more.
    expect(bytes).toBeLessThan(buffersBytes)
  })

  test('cuts it to a fast reader as well', async () => {
    const key = await createKey(postern, postern.demo, { tables: surveys })
    const reader = await startReading(key, endlessAnswer)
    const ending = ended(end(key.name), status)
    const { isComplete } = await reader.rest()
    await ending
    expect(isComplete).toBe(false)
  })

  test('ends a statement that runs under it', async () => {
    const key = await createKey(postern, postern.demo, { tables: surveys })
    const role = await roleOf(key)
    const statement = sql(postern, 'demo', endlessStatement, key.token).catch(() => undefined)
    await expect.poll(() => countRunning(role)).toBe(1)
    await ended(end(key.name), status)
    expect(await countRunning(role)).toBe(0)
    const answer = await statement
    // Refused, or cut off without an answer; never a result.
    expect([401, undefined]).toContain(answer?.status)
  })

  test('leaves no database session of its role', async () => {
    const key = await createKey(postern, postern.demo, { tables: surveys })
    const role = await roleOf(key)
    await Promise.all(
      Array.from({ length: 4 }, () =>
        sql(postern, 'demo', 'select count(*) from surveys', key.token),
      ),
    )
    const tile = `${postern.url}/user/demo/v3/maps/default/table/0/0/0?name=surveys`
    expect((await send(tile, { headers: basic('demo', key.token) })).status).toBe(200)
    expect(await countSessions(superuser, role)).toBeGreaterThanOrEqual(2)
    const answer = await ended(end(key.name), status)
    expect(await countSessions(superuser, role)).toBe(0)
    expect(receiptOf(answer)['sessions-ended']).toBeGreaterThanOrEqual(2)
  })

  test('refuses every surface at once, whatever was cached', async () => {
    const key = await createKey(postern, postern.demo, { tables: surveys })
    const ask = () =>
      Promise.all([
        sql(postern, 'demo', 'select count(*) from surveys', key.token),
        authApi(postern, 'demo', key.token).list(),
        send(`${postern.url}/v3/maps/default/table?name=surveys&access_token=${key.token}`),
        send(`${postern.url}/v3/maps/default/table/0/0/0?name=surveys&access_token=${key.token}`),
      ])
    const statuses = (answers: readonly Answer[]) => answers.map((answer) => answer.status)
    expect(statuses(await ask())).toEqual([200, 200, 200, 200])
    await ended(end(key.name), status)
    expect(statuses(await ask())).toEqual([401, 401, 401, 401])
  })

  test('answers with a receipt', async () => {
    const first = await createKey(postern, postern.demo, {})
    const second = await createKey(postern, postern.demo, {})
    const earlier = receiptOf(await ended(end(first.name), status))
    const later = receiptOf(await ended(end(second.name), status))
    expect(Object.keys(earlier)).toEqual(['epoch', 'nodes', 'responses-aborted', 'sessions-ended'])
    expect(earlier).toMatchObject({ nodes: 1, 'responses-aborted': 0, 'sessions-ended': 0 })
    expect(later.epoch).toBeGreaterThan(earlier.epoch ?? Number.NaN)
  })

  test('no request that starts after it has answered is accepted, by 8 clients at once', async () => {
    for (let round = 0; round < rounds(6, 100); round += 1) {
      const key = await createKey(postern, postern.demo, { tables: surveys })
      let isEnded = false
      let acceptedBefore = 0
      const acceptedAfter: string[] = []
      const clients = Array.from({ length: 8 }, async (_, client) => {
        for (let count = 0, left = 3; left > 0; count += 1) {
          const startedAfter = isEnded
          if (startedAfter) left -= 1
          const answer = await askSomehow(key, client + count).catch(() => undefined)
          if (answer === undefined || answer.status === 401) continue
          if (startedAfter) acceptedAfter.push(`${answer.status} ${answer.text}`)
          else if (answer.status === 200) acceptedBefore += 1
        }
      })
      await expect.poll(() => acceptedBefore, { interval: 5 }).toBeGreaterThan(8)
      await ended(end(key.name), status)
      isEnded = true
      await Promise.all(clients)
      expect(acceptedAfter, `round ${round}`).toEqual([])
    }
  })
})

describe('regenerating', () => {
  test('the new token works at once, with the same grants', async () => {
    const key = await createKey(postern, postern.demo, { tables: surveys })
    const role = await roleOf(key)
    const answer = await api().regenerate(key.name)
    const { token } = answer.json<ApiKey>()
    postern.keepSecret(token)
    expect((await sql(postern, 'demo', 'select count(*) from surveys', token)).status).toBe(200)
    expect(await roleOf({ ...key, token })).toBe(role)
    expect((await sql(postern, 'demo', 'select 1', key.token)).status).toBe(401)
  })

  test('of the master key answers the one who asked with it, and cuts off everybody else', async () => {
    const owner = await postern.createAccount('bob')
    const reader = await startReading({ name: '', token: owner.master_key }, endlessAnswer, 'bob')
    await reader.pause()
    const answer = await authApi(postern, 'bob', owner.master_key).regenerate('Master')
    expect(answer.status, answer.text).toBe(200)
    const { token } = answer.json<ApiKey>()
    postern.keepSecret(token)
    expect(receiptOf(answer)['responses-aborted']).toBeGreaterThanOrEqual(1)
    expect((await reader.rest()).isComplete).toBe(false)
    expectUnauthorized(await authApi(postern, 'bob', owner.master_key).list())
    expect((await authApi(postern, 'bob', token).list()).status).toBe(200)
    expect((await sql(postern, 'bob', 'select 1', token)).status).toBe(200)
  })
})

test('another key is not touched by any of this', async () => {
  const doomed = await createKey(postern, postern.demo, { tables: surveys })
  const bystander = await createKey(postern, postern.demo, { tables: surveys })
  await sql(postern, 'demo', 'select 1', doomed.token)
  const text = "select n, repeat('x', 1000) as text from generate_series(1, 20000) as n"
  const reader = await startReading(bystander, text)
  await reader.pause()
  await ended(api().remove(doomed.name), 204)
  expect((await reader.rest()).isComplete).toBe(true)
})

test('a deleted key leaves no role behind', async () => {
  const count = async () => {
    const { rows } = await superuser.query('select count(*)::integer as count from pg_roles')
    return rows[0]?.count
  }
  // The group role of a table stays for the next key.
  await ended(api().remove((await createKey(postern, postern.demo, { tables: surveys })).name), 204)
  const before = await count()
  const key = await createKey(postern, postern.demo, { tables: surveys })
  expect(await count()).toBe(before + 1)
  await ended(api().remove(key.name), 204)
  expect(await count()).toBe(before)
})

test('deleting an account from the command line: the server has noticed before the command answers', async () => {
  const account: AccountCredentials = await postern.createAccount('alice')
  const key = await createKey(postern, account, {})
  const role = await roleOf(key, 'alice')
  const reader = await startReading(key, endlessAnswer, 'alice')
  await reader.pause()
  let hasAnswered = false
  const acceptedAfter: number[] = []
  const clients = [account.master_key, key.token, undefined].map(async (token) => {
    for (let left = 10; left > 0; ) {
      const startedAfter = hasAnswered
      if (startedAfter) left -= 1
      const answer = await sql(postern, 'alice', 'select 1', token).catch(() => undefined)
      if (startedAfter && answer?.status !== 404) acceptedAfter.push(answer?.status ?? 0)
    }
  })
  const command = spawnPostern(['account', 'delete', 'alice', '--yes'], postern.settings)
  command.child.stdout?.once('data', () => {
    hasAnswered = true
  })
  const { code, stdout } = await command.finished
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: "Deleted the account 'alice' with its data.\n",
  })
  await Promise.all(clients)
  expect(acceptedAfter).toEqual([])
  expect((await reader.rest()).isComplete).toBe(false)
  expect(await countSessions(superuser, role)).toBe(0)
})

// Here because this server has none; what limits do is in rate-limits.test.ts.
test('limits of requests can be switched off, and their headers go with them', async () => {
  const answer = await send(`${postern.url}/user/demo/api/v2/sql?q=select+1`)
  expect(answer.status).toBe(200)
  expect(answer.headers.get('carto-rate-limit-limit')).toBeNull()
})

/** An answer that has begun to come in. */
type Reader = {
  /** Reads no further, and waits until the server, too, has nowhere to put more. */
  pause(): Promise<void>
  /** Reads on; says whether the answer came to its end, and how much of it there was. */
  rest(): Promise<{ isComplete: boolean; bytes: number }>
}

async function startReading(
  { token }: Pick<CreatedKey, 'name' | 'token'>,
  q: string,
  account = 'demo',
): Promise<Reader> {
  const outgoing: ClientRequest = request(`${postern.url}/user/${account}/api/v2/sql`, {
    method: 'POST',
    headers: {
      ...basic(account, token),
      'content-type': 'application/x-www-form-urlencoded',
    },
    agent: false,
  })
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve)
    outgoing.once('error', reject)
  })
  outgoing.end(new URLSearchParams({ q }).toString())
  const incoming = await response
  expect(incoming.statusCode).toBe(200)
  let bytes = 0
  incoming.on('data', (chunk: Buffer) => {
    bytes += chunk.byteLength
  })
  incoming.on('error', () => {})
  const closed = new Promise<void>((resolve) => incoming.once('close', resolve))
  return {
    async pause() {
      incoming.pause()
      await sleep(200)
    },
    async rest() {
      incoming.resume()
      await closed
      return { isComplete: incoming.complete, bytes }
    },
  }
}

/** One of the ways to use a key: they are cached and run differently. */
function askSomehow({ token }: CreatedKey, number: number): Promise<Answer> {
  const map = `${postern.url}/v3/maps/default/table`
  switch (number % 4) {
    case 0:
      return sql(postern, 'demo', 'select count(*) from surveys', token)
    case 1:
      return authApi(postern, 'demo', token, 'bearer').list()
    case 2:
      return send(`${map}/0/0/0?name=surveys&access_token=${token}`)
    default:
      return send(`${postern.url}/api/v2/sql?q=select%201&api_key=${token}`)
  }
}

async function ended(ending: Promise<Answer>, status: number): Promise<Answer> {
  const answer = await ending
  expect(answer.status, answer.text).toBe(status)
  if (status === 200) postern.keepSecret(answer.json<ApiKey>().token)
  return answer
}

/** `epoch=4, nodes=1, ...` as numbers. */
function receiptOf(answer: Answer): Record<string, number> {
  const header = answer.headers.get('postern-receipt') ?? ''
  return Object.fromEntries(
    header.split(', ').map((pair) => {
      const [name = '', value] = pair.split('=')
      return [name, Number(value)]
    }),
  )
}

async function roleOf({ token }: CreatedKey, account = 'demo'): Promise<string> {
  const answer = await sql(postern, account, 'select current_user::text as role', token)
  return answer.json<{ rows: { role: string }[] }>().rows[0]?.role ?? ''
}

async function countRunning(role: string): Promise<number> {
  const { rows } = await superuser.query<{ count: number }>(
    `select count(*)::integer as count from pg_stat_activity
     where usename = $1 and state = 'active' and query like '%capitals a%'`,
    [role],
  )
  return rows[0]?.count ?? 0
}
