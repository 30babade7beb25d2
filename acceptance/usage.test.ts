import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Postern, sleep, startPostern } from './support/postern.ts'
import {
  type Answer,
  basic,
  createKey,
  deleteKey,
  regenerateKey,
  send,
  sql,
} from './support/requests.ts'
import { createToken, on, tokensApi } from './support/tokens-api.ts'

let postern: Postern

beforeAll(async () => {
  postern = await startPostern()
})
afterAll(() => postern.stop())

type Counts = { requests: number; errors: number; denials: number }
type Usage = {
  name: string
  last_used_at: string | null
  request_count: number
  granularity: string
  from: string
  to: string
  totals: Counts & { apis: Record<string, Counts> }
  periods: (Counts & { at: string; api: string })[]
}

const read = (path: string, token = postern.demo.master_key): Promise<Answer> =>
  send(`${postern.url}/user/demo/api/v3/api_keys${path}`, { headers: basic('demo', token) })

const show = async (name: string): Promise<Record<string, unknown>> =>
  (await read(`/${encodeURIComponent(name)}`)).json()

async function usageOf(name: string, query = ''): Promise<Usage> {
  const answer = await read(`/${encodeURIComponent(name)}/usage${query}`)
  expect(answer.status, answer.text).toBe(200)
  return answer.json<Usage>()
}

/** Counts are written every few seconds: asks until as many as these are there. */
async function untilCounted(name: string, requests: number): Promise<Usage> {
  const giveUpAt = Date.now() + 60_000
  for (;;) {
    const usage = await usageOf(name)
    if (usage.totals.requests >= requests || Date.now() > giveUpAt) return usage
    await sleep(200)
  }
}

const capitals = { name: 'capitals', permissions: ['select'] }

// What they wait for, the next time that counts are written, they wait for together.
describe.concurrent('a credential', () => {
  test('that was never used says so, on its own and in the list', async () => {
    const { name } = await createKey(postern, postern.demo, {})
    const never = { last_used_at: null, request_count: 0 }
    expect(await show(name)).toMatchObject(never)
    const list = (await read('?per_page=100')).json<{ result: { name: string }[] }>()
    expect(list.result.find((key) => key.name === name)).toMatchObject(never)
    expect(await usageOf(name)).toMatchObject({
      name,
      ...never,
      granularity: 'hour',
      totals: { requests: 0, errors: 0, denials: 0, apis: {} },
      periods: [],
    })
  })

  test('tells when it was last used, and how often: in all, refused, in error, by API', async () => {
    const startedAt = Date.now()
    const { name, token } = await createKey(postern, postern.demo, {
      apis: ['sql'],
      tables: [capitals],
    })
    await sql(postern, 'demo', 'select 1', token)
    await sql(postern, 'demo', 'select name from capitals limit 1', token)
    await sql(postern, 'demo', 'select nonsense', token)
    await sql(postern, 'demo', 'delete from capitals', token)
    const tile = `${postern.url}/user/demo/v3/maps/default/table?name=capitals`
    expect((await send(tile, { headers: basic('demo', token) })).status).toBe(403)
    const usage = await untilCounted(name, 5)
    expect(usage.totals).toEqual({
      requests: 5,
      errors: 1,
      denials: 2,
      apis: {
        maps: { requests: 1, errors: 0, denials: 1 },
        sql: { requests: 4, errors: 1, denials: 1 },
      },
    })
    expect(usage.request_count).toBe(5)
    const lastUsedAt = Date.parse(usage.last_used_at ?? '')
    expect(lastUsedAt).toBeGreaterThanOrEqual(startedAt)
    expect(lastUsedAt).toBeLessThanOrEqual(Date.now())
    expect(await show(name)).toMatchObject({
      last_used_at: usage.last_used_at,
      request_count: 5,
    })
  })

  test('is asked about by hour or by day, in a stretch of time', async () => {
    const { name, token } = await createKey(postern, postern.demo, {})
    await sql(postern, 'demo', 'select 1', token)
    await untilCounted(name, 1)
    const today = new Date().toISOString().slice(0, 10)
    const daily = await usageOf(name, '?granularity=day')
    expect(daily.periods).toEqual([
      {
        at: expect.stringMatching(/T00:00:00.000Z$/),
        api: 'sql',
        requests: 1,
        errors: 0,
        denials: 0,
      },
    ])
    expect((await usageOf(name, `?from=2026-01-01&to=2026-01-02`)).periods).toEqual([])
    const refused = await read(`/${encodeURIComponent(name)}/usage?from=${today}&to=2001-01-01`)
    expect([refused.status, refused.json()]).toEqual([
      400,
      { errors: "The 'from' parameter must be before 'to'.", errors_cause: null },
    ])
  })

  test('sees its own usage; that of another is as if it were not there', async () => {
    const mine = await createKey(postern, postern.demo, {})
    const theirs = await createKey(postern, postern.demo, {})
    expect((await read(`/${encodeURIComponent(mine.name)}/usage`, mine.token)).status).toBe(200)
    const others = [theirs.name, 'Master', 'Default public', 'never made']
    for (const name of others) {
      const answer = await read(`/${encodeURIComponent(name)}/usage`, mine.token)
      expect([answer.status, answer.json<{ errors: string }>().errors]).toEqual([
        404,
        `API key not found: ${name}`,
      ])
    }
  })

  test('keeps its usage when it is regenerated, and takes it along when it is deleted', async () => {
    const { name, token } = await createKey(postern, postern.demo, {})
    await sql(postern, 'demo', 'select 1', token)
    await untilCounted(name, 1)
    await regenerateKey(postern, postern.demo, name)
    expect((await show(name)).request_count).toBeGreaterThanOrEqual(1)
    await deleteKey(postern, postern.demo, name)
    expect((await read(`/${encodeURIComponent(name)}/usage`)).status).toBe(404)
    await createKey(postern, postern.demo, { name })
    expect(await show(name)).toMatchObject({ last_used_at: null, request_count: 0 })
  })

  test('that is an access token tells its owner, and nobody else', async ({ expect }) => {
    const token = await createToken(postern, postern.demo, {
      allowed_apis: ['sql'],
      grants: on('public.capitals'),
    })
    const ask = (q: string) =>
      send(`${postern.url}/v3/sql/default/query?q=${encodeURIComponent(q)}`, {
        headers: { authorization: `Bearer ${token.token}` },
      })
    expect((await ask('select name from capitals limit 1')).status).toBe(200)
    expect((await ask('select note from surveys')).status).toBe(403)
    const show = async () =>
      (await tokensApi(postern, postern.demo.master_key).get(`${token.id}/usage`)).json<Usage>()
    await expect.poll(async () => (await show()).request_count, { timeout: 60_000 }).toBe(2)
    expect(await show()).toMatchObject({
      name: token.name,
      totals: { requests: 2, errors: 0, denials: 1, apis: { sql: { requests: 2 } } },
    })
    const stranger = await postern.createAccount('bob')
    const others = await tokensApi(postern, stranger.master_key).get(`${token.id}/usage`)
    expect([others.status, others.json()]).toMatchObject([404, { error: 'Token not found' }])
    const itself = await tokensApi(postern, token.token).get(`${token.id}/usage`)
    expect(itself.status).toBe(403)
  })
})

test('requests without a key count for the default public key, refused credentials for nobody', async () => {
  const before = (await usageOf('Default public')).totals.requests
  await sql(postern, 'demo', 'select 1')
  await sql(postern, 'demo', 'select 1', 'nonsense')
  const { name, token } = await createKey(postern, postern.demo, {})
  await sql(postern, 'demo', 'select 1', token)
  // Written in the order in which they were counted: what comes later is there.
  await untilCounted(name, 1)
  expect((await usageOf('Default public')).totals.requests).toBe(before + 1)
})

test('usage is still there after a stop that came at once, and after another start', async () => {
  const { name, token } = await createKey(postern, postern.demo, {})
  for (let request = 0; request < 3; request += 1) await sql(postern, 'demo', 'select 1', token)
  await postern.kill('SIGTERM')
  await postern.restart()
  expect((await usageOf(name)).totals.requests).toBe(3)
})
