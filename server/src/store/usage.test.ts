import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { createControlDatabase, type TestControlDatabase } from '../../test/control-database.ts'
import { insertTestAccount, insertTestKey } from '../../test/credentials.ts'
import { type KeyRing, newRingKey } from '../token/key-ring.ts'
import type { Account } from './accounts.ts'
import { deleteApiKeyRow } from './api-keys.ts'
import { addUsage, deleteUsageBefore, listUsage, listUses, type UsageIncrement } from './usage.ts'

const ringKey = newRingKey(randomBytes)
const ring: KeyRing = { current: ringKey, keys: [ringKey] }
let control: TestControlDatabase
let account: Account
let keyId: string

beforeAll(async () => {
  control = await createControlDatabase()
  account = await insertTestAccount(control.store, ring)
})
afterAll(() => control.close())

const newKey = async () => (await insertTestKey(control.store, ring, account)).key.id

beforeEach(async () => {
  keyId = await newKey()
})

const at = (time: string) => new Date(`2026-11-${time}Z`)

function used(changes: Partial<UsageIncrement> = {}): UsageIncrement {
  return {
    credentialId: keyId,
    hour: at('21T14:00:00'),
    api: 'sql',
    requests: 3,
    errors: 1,
    denials: 1,
    lastUsedAt: at('21T14:30:00'),
    ...changes,
  }
}

const everything = { from: at('01T00:00:00'), to: at('30T00:00:00') }
const list = (granularity: 'hour' | 'day' = 'hour') =>
  listUsage(control.store, { subject: 'api_key', id: keyId, granularity, ...everything })

it('what several nodes count adds up, and the latest use stands', async () => {
  await addUsage(control.store, [used({ lastUsedAt: at('21T14:40:00') })])
  await addUsage(control.store, [used(), used({ api: 'maps', requests: 1, errors: 0, denials: 0 })])
  expect(await listUses(control.store, 'api_key', [keyId, randomUUID()])).toEqual(
    new Map([[keyId, { lastUsedAt: at('21T14:40:00'), requestCount: 7 }]]),
  )
  const hour = { at: at('21T14:00:00') }
  expect(await list()).toEqual([
    { ...hour, api: 'maps', requests: 1, errors: 0, denials: 0 },
    { ...hour, api: 'sql', requests: 6, errors: 2, denials: 2 },
  ])
})

it('hours are added up to days of UTC', async () => {
  await addUsage(control.store, [
    used({ hour: at('20T23:00:00') }),
    used({ hour: at('21T00:00:00') }),
    used({ hour: at('21T23:00:00') }),
  ])
  expect((await list('day')).map(({ at: day, requests }) => [day, requests])).toEqual([
    [at('20T00:00:00'), 3],
    [at('21T00:00:00'), 6],
  ])
})

it('a key that has gone is left out, and keeps nothing from being written', async () => {
  const gone = await newKey()
  await addUsage(control.store, [used({ credentialId: gone })])
  await deleteApiKeyRow(control.store, gone)
  await addUsage(control.store, [
    used({ credentialId: gone }),
    used({ credentialId: randomUUID() }),
    used(),
  ])
  expect([...(await listUses(control.store, 'api_key', [gone, keyId])).keys()]).toEqual([keyId])
  const { rowCount } = await control.store.query(
    'select from api_key_usage where api_key_id = $1',
    [gone],
  )
  expect(rowCount).toBe(0)
})

it('nodes that write the same keys at once do not stop each other', async () => {
  const keys = await Promise.all(Array.from({ length: 20 }, newKey))
  const all = keys.map((credentialId) => used({ credentialId }))
  await Promise.all(
    Array.from({ length: 10 }, (_, node) =>
      addUsage(control.store, node % 2 === 0 ? all : all.toReversed()),
    ),
  )
  const uses = await listUses(control.store, 'api_key', keys)
  expect([...uses.values()].map(({ requestCount }) => requestCount)).toEqual(keys.map(() => 30))
})

it('old hours are forgotten, and the count since ever stays', async () => {
  await addUsage(control.store, [used({ hour: at('10T00:00:00') }), used()])
  await deleteUsageBefore(control.store, at('21T00:00:00'))
  expect(await list()).toHaveLength(1)
  expect((await listUses(control.store, 'api_key', [keyId])).get(keyId)?.requestCount).toBe(6)
})
