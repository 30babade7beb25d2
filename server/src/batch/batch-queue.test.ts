import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createControlDatabase, type TestControlDatabase } from '../../test/control-database.ts'
import { until } from '../../test/until.ts'
import type { Observation } from '../observations.ts'
import { addBatchTurn } from '../store/batch-turns.ts'
import { type BatchQueue, openBatchQueue } from './batch-queue.ts'

let control: TestControlDatabase
let queue: BatchQueue
const taken: string[] = []
const observed: Observation[] = []
let duringTurn: () => void | Promise<void> = () => {}

beforeAll(async () => {
  control = await createControlDatabase()
  queue = await openBatchQueue({
    store: control.store,
    concurrency: 2,
    async runTurn(accountId) {
      taken.push(accountId)
      await duringTurn()
    },
    observe: (observation) => observed.push(observation),
  })
})
afterAll(async () => {
  await queue.stop()
  await control.close()
})

async function turnsLeft(): Promise<number> {
  const { rows } = await control.store.query('select from graphile_worker._private_jobs')
  return rows.length
}

it('takes a turn as soon as it is there, and each account once however often it is added', async () => {
  const [first, second] = [randomUUID(), randomUUID()]
  const client = await control.store.connect()
  await client.query('begin')
  for (const account of [first, first, second, first]) await addBatchTurn(client, account)
  await client.query('commit')
  client.release()
  await until(async () => expect(await turnsLeft()).toBe(0))
  expect(taken.sort()).toEqual([first, second].sort())
})

it('outlives an outage that comes between the end of a turn and its being written down', async () => {
  const { connect } = control.store
  const account = randomUUID()
  let refused = 0
  // Unhandled rejections fail the test run, as they would end the process.
  duringTurn = () => {
    duringTurn = () => {}
    Object.assign(control.store, {
      connect() {
        refused += 1
        if (refused === 2) Object.assign(control.store, { connect })
        return Promise.reject(
          Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
        )
      },
    })
  }
  await addBatchTurn(control.store, account)
  await until(() => expect(refused).toBe(2))
  for (const id of [account, randomUUID()]) {
    const before = taken.length
    await addBatchTurn(control.store, id)
    await until(() => expect(taken.slice(before)).toContain(id))
  }
})
