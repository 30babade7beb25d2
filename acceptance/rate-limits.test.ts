import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Postern, startPostern } from './support/postern.ts'
import { type Answer, basic, createKey, send } from './support/requests.ts'

let postern: Postern
let keys: { readonly flooding: string; readonly quiet: string }

beforeAll(async () => {
  postern = await startPostern({
    // Statements: 100 at once and 10 a second; of anybody without a key 10 at once and 1 a second.
    POSTERN_RATE_LIMIT: '10',
    POSTERN_TRUSTED_PROXIES: '127.0.0.1, 198.51.100.0/24',
  })
  const make = async () => (await createKey(postern, postern.demo, {})).token
  keys = { flooding: await make(), quiet: await make() }
})
afterAll(() => postern.stop())

/** As the proxy in front of it would send it on. */
const from = (address: string) => ({ 'x-forwarded-for': address })

/** A statement that is none: it is counted like any, and PostgreSQL has nothing to do with it. */
const ask = (headers: Record<string, string>): Promise<Answer> =>
  send(`${postern.url}/user/demo/api/v2/sql`, { headers })

const askWith = (token: string, address = '203.0.113.1') =>
  ask({ ...basic('demo', token), ...from(address) })

/** Asks, many at a time, until an answer is 429, and returns that. */
async function flood(request: () => Promise<Answer>): Promise<Answer> {
  for (let sent = 0; sent < 20_000; sent += 20) {
    const answers = await Promise.all(Array.from({ length: 20 }, request))
    const refused = answers.find(({ status }) => status === 429)
    if (refused !== undefined) return refused
  }
  throw new Error('No limit was met.')
}

/** The four headers as carto-python reads them: int() of each, as soon as Retry-After is there. */
function readLimits({ headers }: Answer): Record<string, number | undefined> {
  const read = (name: string) => {
    const text = headers.get(name)
    if (text === null) return undefined
    expect(text, name).toMatch(/^\d+$/)
    return Number(text)
  }
  return {
    limit: read('Carto-Rate-Limit-Limit'),
    remaining: read('Carto-Rate-Limit-Remaining'),
    reset: read('Carto-Rate-Limit-Reset'),
    retryAfter: read('Retry-After'),
  }
}

const overLimit = {
  error: ["You are over platform's limits. Please contact us to know more details"],
  context: 'limit',
  detail: 'rate-limit',
}

describe('a key', () => {
  test('is told with every answer what is left, errors included', async () => {
    const answer = await askWith(keys.quiet)
    expect(answer.status).toBe(400)
    const { limit, remaining, reset, retryAfter } = readLimits(answer)
    expect([limit, retryAfter]).toEqual([100, undefined])
    expect(remaining).toBeGreaterThan(90)
    expect(reset).toBeGreaterThan(0)
    const health = await send(`${postern.url}/health`)
    expect(readLimits(health).limit).toBeUndefined()
  })

  test('that has spent its allowance gets 429 and all four headers, which pages may read', async () => {
    const answer = await flood(() => askWith(keys.flooding))
    expect(answer.json()).toEqual(overLimit)
    const { limit, remaining, reset, retryAfter } = readLimits(answer)
    expect([limit, remaining, retryAfter]).toEqual([100, 0, 1])
    expect(reset).toBeGreaterThanOrEqual(9)
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    expect(answer.headers.get('access-control-expose-headers')).toContain('*')
  })

  test('has spent nothing of another key of the same account, nor of other endpoints', async () => {
    await flood(() => askWith(keys.flooding))
    expect((await askWith(keys.quiet)).status).toBe(400)
    const tile = await send(`${postern.url}/user/demo/v3/maps/default/table?name=nothing`, {
      headers: basic('demo', keys.flooding),
    })
    expect(tile.status).not.toBe(429)
    expect(readLimits(tile).limit).toBe(100)
  })

  test('has the same allowance wherever it is used from', async () => {
    await flood(() => askWith(keys.flooding, '203.0.113.1'))
    const { remaining } = readLimits(await askWith(keys.flooding, '203.0.113.2'))
    expect(remaining).toBeLessThan(50)
  })

  test('may go on when it has waited as long as it was told', async () => {
    const { retryAfter } = readLimits(await flood(() => askWith(keys.flooding)))
    await new Promise((resolve) => setTimeout(resolve, 1_000 * (retryAfter ?? Number.NaN)))
    expect((await askWith(keys.flooding)).status).toBe(400)
  })
})

describe('whoever sends no key', () => {
  test('spends the part of their address, and nothing of others or of any key', async () => {
    const answer = await flood(() => ask(from('203.0.113.10')))
    expect(answer.json()).toEqual(overLimit)
    expect(readLimits(answer)).toMatchObject({ limit: 10, remaining: 0, retryAfter: 1 })
    expect((await ask(from('203.0.113.11'))).status).toBe(400)
    expect((await askWith(keys.quiet, '203.0.113.10')).status).toBe(400)
  })

  test('gets no more by naming other addresses before the proxy names theirs', async () => {
    let number = 0
    const refused = await flood(() => {
      number += 1
      return ask(from(`192.0.2.${number % 250}, 203.0.113.12, 198.51.100.7`))
    })
    expect(refused.status).toBe(429)
  })
})

describe('whoever guesses', () => {
  test('is slowed by address, before and after; known keys go on working there', async () => {
    const guess = () => askWith('nonsense', '203.0.113.20')
    expect((await askWith(keys.quiet, '203.0.113.20')).status).toBe(400)
    expect((await guess()).status).toBe(401)
    const answer = await flood(guess)
    expect(answer.json()).toEqual(overLimit)
    expect(readLimits(answer)).toMatchObject({ remaining: 0, retryAfter: 1 })
    expect((await askWith(keys.quiet, '203.0.113.20')).status).toBe(400)
    expect((await askWith('nonsense', '203.0.113.21')).status).toBe(401)
  })

  test('names of accounts is slowed as well', async () => {
    const answer = await flood(() =>
      send(`${postern.url}/user/nobody/api/v2/sql`, { headers: from('203.0.113.22') }),
    )
    expect(answer.json()).toEqual(overLimit)
  })
})

test('other surfaces say it in their own shapes', async () => {
  const headers = { ...basic('demo', keys.quiet), ...from('203.0.113.30') }
  const auth = await flood(() => send(`${postern.url}/user/demo/api/v3/api_keys`, { headers }))
  expect(auth.json()).toEqual({ errors: overLimit.error[0], errors_cause: null })
  expect(readLimits(auth)).toMatchObject({ limit: 10, remaining: 0 })
  const maps = await flood(() =>
    send(`${postern.url}/user/demo/v3/maps/default/table?name=nothing`, { headers }),
  )
  expect(maps.json()).toEqual({ error: overLimit.error[0], status: 429 })
})

test('an account can have limits of its own, which hold at once', async () => {
  const { account, master_key } = await postern.createAccount('alice')
  const url = `${postern.url}/user/${account}/api/v2/sql`
  const read = async () =>
    readLimits(await send(url, { headers: { ...basic(account, master_key) } })).limit
  expect(await read()).toBe(100)
  expect((await postern.run('account', 'set', account, '--rate-limit', '25')).code).toBe(0)
  expect(await read()).toBe(250)
  expect((await postern.run('account', 'set', account, '--rate-limit', '0')).code).toBe(0)
  expect(await read()).toBeUndefined()
  expect((await postern.run('account', 'set', account, '--rate-limit', 'default')).code).toBe(0)
  expect(await read()).toBe(100)
})
