import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createControlDatabase, type TestControlDatabase } from '../../test/control-database.ts'
import { insertTestAccount, insertTestKey } from '../../test/credentials.ts'
import { controlContext, createTestUser } from '../../test/users.ts'
import { insertAccessToken } from '../store/access-tokens.ts'
import type { Account } from '../store/accounts.ts'
import { addUsage } from '../store/usage.ts'
import { type KeyRing, newRingKey } from '../token/key-ring.ts'
import { mintToken } from '../token/token.ts'
import { sealAccessToken } from './access-token-secrets.ts'
import type { CommandContext } from './context.ts'
import { getActivity, sumOf } from './get-activity.ts'

const ringKey = newRingKey(randomBytes)
const ring: KeyRing = { current: ringKey, keys: [ringKey] }
let control: TestControlDatabase
let context: CommandContext
let account: Account
let ann: string
let ben: string
let app: string
let tokenOfAnn: string

beforeAll(async () => {
  control = await createControlDatabase()
  context = controlContext(control.store, ring)
  account = await insertTestAccount(control.store, ring)
  const newUser = async () => (await createTestUser(context, account)).user.id
  ;[ann, ben] = [await newUser(), await newUser()]
  app = await newKey(account)
  tokenOfAnn = await newToken(ann)
  await use(app, 'sql', 10, 11)
  await use(app, 'maps', 5, 12)
  await use(tokenOfAnn, 'maps', 7, 12)
  await use(await newToken(ann, 'another'), 'maps', 1, 12)
  const other = await insertTestAccount(control.store, ring)
  await use(await newKey(other), 'sql', 1_000, 11)
})
afterAll(() => control.close())

const at = (hour: number) => new Date(`2026-11-21T${hour}:00:00Z`)
const hours = { granularity: 'hour', from: at(10), to: at(20) } as const
const days = {
  granularity: 'day',
  from: new Date('2026-11-20T00:00:00Z'),
  to: new Date('2026-11-22T00:00:00Z'),
} as const

async function newKey(owner: Account): Promise<string> {
  return (await insertTestKey(control.store, ring, owner, { name: 'app' })).key.id
}

async function newToken(userId: string, name = 'a map'): Promise<string> {
  const token = {
    id: randomUUID(),
    accountId: account.id,
    userId,
    name,
    state: 'active',
    allowedApis: ['maps'],
    referers: [],
    expiresAt: null,
    createdAt: at(10),
    updatedAt: at(10),
  } as const
  const clear = mintToken('access', randomBytes)
  await insertAccessToken(control.store, token, sealAccessToken(ring, token.id, clear, randomBytes))
  return token.id
}

async function use(credentialId: string, api: string, requests: number, hour: number) {
  const counts = { requests, errors: 1, denials: 0 }
  await addUsage(control.store, [
    { credentialId, hour: at(hour), api, ...counts, lastUsedAt: at(hour) },
  ])
}

const asked = async (userId: string, query: Partial<Parameters<typeof getActivity>[2]> = {}) => {
  const found = await getActivity(
    context,
    { accountId: account.id, userId },
    { ...hours, ...query },
  )
  return {
    requests: sumOf(found.periods).requests,
    apis: Object.fromEntries([...found.apis].map(([api, each]) => [api, sumOf(each).requests])),
    credentials: found.credentials.map(({ kind, credential, periods }) => [
      kind,
      credential?.name,
      sumOf(periods).requests,
    ]),
  }
}

describe('the activity of an account', () => {
  it('is what its credentials were used for, and not what others were', async () => {
    expect(await asked(ann)).toEqual({
      requests: 23,
      apis: { sql: 10, maps: 13 },
      credentials: [
        ['api_key', 'app', 15],
        ['access_token', 'a map', 7],
        ['access_token', 'another', 1],
      ],
    })
  })

  it('tells nobody which access tokens of another user were used', async () => {
    const seen = await asked(ben)
    expect(seen.credentials).toEqual([
      ['api_key', 'app', 15],
      ['other_tokens', undefined, 8],
    ])
    expect((await asked(ben, { credential: tokenOfAnn })).requests).toBe(0)
    expect((await asked(ben, { credential: 'other_tokens' })).requests).toBe(8)
  })

  it('is the same by hours and by days', async () => {
    expect(await asked(ann, days)).toEqual(await asked(ann))
  })

  it('of one credential has its periods and APIs, beside all the credentials', async () => {
    expect(await asked(ann, { credential: tokenOfAnn })).toMatchObject({
      requests: 7,
      apis: { maps: 7 },
      credentials: [[], [], []].map(() => expect.anything()),
    })
  })

  it('of one API has its periods and credentials, beside all the APIs', async () => {
    expect(await asked(ann, { api: 'sql' })).toEqual({
      requests: 10,
      apis: { sql: 10, maps: 13 },
      credentials: [['api_key', 'app', 10]],
    })
  })

  it('of a credential that cannot be one is none', async () => {
    expect((await asked(ann, { credential: 'x', api: 'none' })).requests).toBe(0)
  })
})
