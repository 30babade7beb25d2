import { randomBytes, randomUUID } from 'node:crypto'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createControlDatabase, type TestControlDatabase } from '../../test/control-database.ts'
import { until } from '../../test/until.ts'
import { untilLocksAreAwaited } from '../../test/until-locks-are-awaited.ts'
import { inTransaction } from './database.ts'
import {
  countLiveNodes,
  deleteNode,
  getEpoch,
  insertRevocation,
  listRevocationsAfter,
  renewNodeLease,
  revocationChannel,
} from './epochs.ts'
import { getInstallationId } from './installation.ts'

let control: TestControlDatabase

beforeAll(async () => {
  control = await createControlDatabase()
})

afterAll(() => control.close())
afterEach(() => control.store.query('delete from node'))

const revocation = () => ({
  kind: 'api_key' as const,
  accountId: randomUUID(),
  credentialId: randomUUID(),
  roles: ['a_role'],
})

describe('the epoch', () => {
  it('grows by one with each revocation, which is recorded under it', async () => {
    const before = await getEpoch(control.store)
    const made = [revocation(), { ...revocation(), kind: 'account' as const, roles: [] }]
    for (const each of made) {
      await inTransaction(control.store, (transaction) => insertRevocation(transaction, each))
    }
    expect(await getEpoch(control.store)).toBe(before + 2)
    expect(await listRevocationsAfter(control.store, before)).toEqual(
      made.map((each, index) => ({ ...each, epoch: before + 1 + index })),
    )
    expect(await listRevocationsAfter(control.store, before + 1)).toHaveLength(1)
    expect(await listRevocationsAfter(control.store, before + 2)).toEqual([])
  })

  it('does not grow when the change is taken back', async () => {
    const before = await getEpoch(control.store)
    await inTransaction(control.store, async (transaction) => {
      await insertRevocation(transaction, revocation())
      throw new Error('Taken back.')
    }).catch(() => {})
    expect(await getEpoch(control.store)).toBe(before)
    expect(await listRevocationsAfter(control.store, before)).toEqual([])
  })

  it('orders revocations by their commits: who sees one sees all before it', async () => {
    const before = await getEpoch(control.store)
    let second: Promise<number> | undefined
    let isSecondDone = false
    await inTransaction(control.store, async (transaction) => {
      await insertRevocation(transaction, revocation())
      second = inTransaction(control.store, (other) =>
        insertRevocation(other, revocation()),
      ).finally(() => {
        isSecondDone = true
      })
      // The other one waits for this one, as PostgreSQL can tell.
      await untilLocksAreAwaited(control.store, 1)
      expect(isSecondDone).toBe(false)
      expect(await listRevocationsAfter(control.store, before)).toEqual([])
    })
    expect(await second).toBe(before + 2)
  })

  it('is announced when it has grown, and not before', async () => {
    const listener = new pg.Client({ ...control.address, ssl: false })
    let announced = 0
    listener.on('notification', ({ channel }) => {
      if (channel === revocationChannel) announced += 1
    })
    await listener.connect()
    await listener.query(`listen ${revocationChannel}`)
    await inTransaction(control.store, async (transaction) => {
      await insertRevocation(transaction, revocation())
      await listener.query('select 1')
      expect(announced).toBe(0)
    })
    await until(() => expect(announced).toBe(1))
    await listener.end()
  })
})

describe('nodes', () => {
  it('are live while their lease runs, and behind until they have confirmed', async () => {
    const [ahead, behind, silent] = [randomUUID(), randomUUID(), randomUUID()]
    await renewNodeLease(control.store, { id: ahead, leaseMs: 60_000, ackedEpoch: 7 })
    await renewNodeLease(control.store, { id: behind, leaseMs: 60_000, ackedEpoch: 6 })
    await renewNodeLease(control.store, { id: silent, leaseMs: 0, ackedEpoch: 0 })
    expect(await countLiveNodes(control.store, 7)).toEqual({ live: 2, behind: 1 })
    await renewNodeLease(control.store, { id: behind, leaseMs: 60_000, ackedEpoch: 7 })
    expect(await countLiveNodes(control.store, 7)).toEqual({ live: 2, behind: 0 })
  })

  it('are gone when they have left; those that were silent for long go with them', async () => {
    const [leaving, staying, dead] = [randomUUID(), randomUUID(), randomUUID()]
    for (const id of [leaving, staying]) {
      await renewNodeLease(control.store, { id, leaseMs: 60_000, ackedEpoch: 0 })
    }
    await renewNodeLease(control.store, { id: dead, leaseMs: -48 * 3_600_000, ackedEpoch: 0 })
    await deleteNode(control.store, leaving)
    const { rows } = await control.store.query('select id from node')
    expect(rows).toEqual([{ id: staying }])
  })
})

describe('the id of an installation', () => {
  it('is made once, whoever asks at the same time, and may be part of a role name', async () => {
    const ids = await Promise.all(
      Array.from({ length: 8 }, () => getInstallationId(control.store, randomBytes)),
    )
    expect(new Set(ids).size).toBe(1)
    expect(ids[0]).toMatch(/^[a-z0-9]{6}$/)
  })
})
