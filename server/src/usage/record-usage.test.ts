import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createControlDatabase, type TestControlDatabase } from '../../test/control-database.ts'
import { insertTestAccount, insertTestKey } from '../../test/credentials.ts'
import { type WatchedStore, watchStore } from '../../test/watched-store.ts'
import type { Observation } from '../observations.ts'
import { addUsage, listUsage, listUses } from '../store/usage.ts'
import { type KeyRing, newRingKey } from '../token/key-ring.ts'
import { createUsageRecorder, type UsageRecorder, usageRetentionMs } from './record-usage.ts'

const ringKey = newRingKey(randomBytes)
const ring: KeyRing = { current: ringKey, keys: [ringKey] }
const now = Date.parse('2026-11-21T14:30:00Z')
let control: TestControlDatabase
let watched: WatchedStore
let keyId: string
let observed: Observation[]

beforeAll(async () => {
  control = await createControlDatabase()
  watched = watchStore(control.store)
  const account = await insertTestAccount(control.store, ring)
  keyId = (await insertTestKey(control.store, ring, account)).key.id
})
afterAll(() => control.close())

function start(): UsageRecorder {
  observed = []
  return createUsageRecorder({
    store: watched.store,
    now: () => now,
    observe: (observation) => observed.push(observation),
  })
}

const complete = (recorder: UsageRecorder) =>
  recorder.count({
    event: 'request_completed',
    requestId: 'request',
    operation: 'runSql',
    method: 'GET',
    path: '/api/v2/sql',
    status: 200,
    durationMs: 1,
    bytesSent: 1,
    credentialId: keyId,
  })

const countOf = async () =>
  (await listUses(control.store, 'api_key', [keyId])).get(keyId)?.requestCount

it('a request costs no query; what was counted is written at the end', async () => {
  const recorder = start()
  await recorder.write()
  watched.count()
  for (let request = 0; request < 10; request += 1) complete(recorder)
  expect(watched.count()).toBe(0)
  await recorder.stop()
  // One for each kind of credential.
  expect(watched.count()).toBe(2)
  expect(await countOf()).toBe(10)
})

it('what could not be written is written later, and the operator is told', async () => {
  const before = (await countOf()) ?? 0
  const recorder = start()
  complete(recorder)
  watched.fail(new Error('Connection terminated unexpectedly'))
  await recorder.write()
  expect(observed).toEqual([{ event: 'usage_not_written', cause: expect.any(Error) }])
  expect(await countOf()).toBe(before)
  watched.fail(undefined)
  complete(recorder)
  await recorder.stop()
  expect(await countOf()).toBe(before + 2)
})

it('hours that are older than what is kept are forgotten', async () => {
  const hour = new Date(now - usageRetentionMs - 3_600_000)
  await addUsage(control.store, [
    { credentialId: keyId, hour, api: 'sql', requests: 1, errors: 0, denials: 0, lastUsedAt: hour },
  ])
  await start().stop()
  const kept = await listUsage(control.store, {
    subject: 'api_key',
    id: keyId,
    granularity: 'hour',
    from: new Date(0),
    to: new Date(now),
  })
  expect(kept.map(({ at }) => at)).not.toContainEqual(hour)
})
