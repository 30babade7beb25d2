import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createControlDatabase, type TestControlDatabase } from '../../test/control-database.ts'
import { until } from '../../test/until.ts'
import { type WatchedStore, watchStore } from '../../test/watched-store.ts'
import type { Observation } from '../observations.ts'
import { inTransaction } from '../store/database.ts'
import { getEpoch, insertRevocation, type Revocation } from '../store/epochs.ts'
import { leaseMs, type Node, startNode } from './node.ts'

let control: TestControlDatabase

beforeAll(async () => {
  control = await createControlDatabase()
})

afterAll(() => control.close())

// Nothing happens by itself: heartbeats come when a test lets them.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
})

let stops: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const stop of stops) await stop()
  stops = []
  vi.useRealTimers()
})

/** More than any node waits between heartbeats. */
const heartbeat = () => vi.advanceTimersByTime(1_000)

type TestNode = {
  readonly node: Node
  readonly watched: WatchedStore
  readonly applied: number[]
  readonly observed: string[]
  leasesLost: number
  now: number
}

async function start(
  apply: (revocation: Revocation) => Promise<void> = async () => {},
): Promise<TestNode> {
  const watched = watchStore(control.store)
  const test: Omit<TestNode, 'node'> = { watched, applied: [], observed: [], leasesLost: 0, now: 0 }
  const node = await startNode({
    id: randomUUID(),
    store: watched.store,
    listenAddress: control.address,
    async apply(revocation) {
      await apply(revocation)
      test.applied.push(revocation.epoch)
      return { responsesAborted: revocation.epoch, sessionsEnded: 0 }
    },
    leaseLost: () => {
      test.leasesLost += 1
    },
    monotonicNow: () => test.now,
    observe: ({ event }: Observation) => test.observed.push(event),
  })
  stops.push(() => node.stop())
  return Object.assign(test, { node })
}

const revokeSomething = () =>
  inTransaction(control.store, (transaction) =>
    insertRevocation(transaction, {
      kind: 'api_key',
      accountId: null,
      credentialId: randomUUID(),
      roles: [],
    }),
  )

async function confirmedEpoch({ node }: TestNode): Promise<number | undefined> {
  const { rows } = await control.store.query<{ epoch: number }>(
    'select acked_epoch::float8 as epoch from node where id = $1',
    [node.id],
  )
  return rows[0]?.epoch
}

/** Ends the connections that nodes listen on, as a network that forgets them does. */
async function cutListeners(): Promise<void> {
  await control.store.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where application_name = 'postern revocations' and datname = current_database()`,
  )
  await until(async () => expect(await countListeners()).toBe(0))
}

async function countListeners(): Promise<number> {
  const { rows } = await control.store.query<{ count: number }>(
    `select count(*)::float8 as count from pg_stat_activity
     where application_name = 'postern revocations' and datname = current_database()`,
  )
  return rows[0]?.count ?? 0
}

describe('a node', () => {
  it('joins at the epoch of the store, with a lease, and answers for nothing before', async () => {
    const epoch = await revokeSomething()
    const test = await start()
    expect(test.node.epoch()).toBe(epoch)
    expect(test.node.hasLease()).toBe(true)
    expect(await confirmedEpoch(test)).toBe(epoch)
    expect(test.applied).toEqual([])
  })

  it('takes what was revoked into effect in order, each once, and confirms all of it', async () => {
    const test = await start()
    const epochs = [await revokeSomething(), await revokeSomething(), await revokeSomething()]
    await test.node.catchUp()
    await test.node.catchUp()
    expect(test.applied).toEqual(epochs)
    expect(await confirmedEpoch(test)).toBe(epochs[2])
    expect(test.node.epoch()).toBe(epochs[2])
    expect(epochs.map((epoch) => test.node.findApplied(epoch)?.responsesAborted)).toEqual(epochs)
  })

  it('is told of a revocation without asking', async () => {
    const test = await start()
    const epoch = await revokeSomething()
    await until(() => expect(test.applied).toEqual([epoch]))
  })

  it('confirms a revocation when it has taken effect, and no sooner', async () => {
    const confirmedDuring: (number | undefined)[] = []
    let test: TestNode | undefined
    test = await start(async () => {
      if (test !== undefined) confirmedDuring.push(await confirmedEpoch(test))
    })
    const before = test.node.epoch()
    const epoch = await revokeSomething()
    await test.node.catchUp()
    expect(confirmedDuring).toEqual([before])
    expect(await confirmedEpoch(test)).toBe(epoch)
  })

  it('believes nothing that was read before a revocation that is just taking effect', async () => {
    const epochsDuring: number[] = []
    let node: Node | undefined
    const test = await start(async () => {
      if (node !== undefined) epochsDuring.push(node.epoch())
    })
    node = test.node
    const epoch = await revokeSomething()
    await test.node.catchUp()
    expect(epochsDuring).toEqual([epoch])
  })

  it('does not confirm what failed to take effect, and tries it again', async () => {
    let failures = 1
    const test = await start(async () => {
      if (failures-- > 0) throw new Error('It did not take effect.')
    })
    const before = await confirmedEpoch(test)
    await cutListeners()
    const epoch = await revokeSomething()
    await expect(test.node.catchUp()).rejects.toThrow('did not take effect')
    expect(await confirmedEpoch(test)).toBe(before)
    await test.node.catchUp()
    expect(test.applied).toEqual([epoch])
    expect(await confirmedEpoch(test)).toBe(epoch)
  })

  it('does in one round what many ask for at the same time', async () => {
    const test = await start()
    test.watched.count()
    await Promise.all(Array.from({ length: 50 }, () => test.node.catchUp()))
    // One round that was under way, and one for all who came during it, of two statements each.
    expect(test.watched.count()).toBe(4)
  })

  it('sees what was revoked before it was asked, even during a round', async () => {
    const test = await start()
    const release = test.watched.hold()
    const underWay = test.node.catchUp()
    await test.watched.held()
    // The round has read the list already.
    const epoch = await revokeSomething()
    const asked = test.node.catchUp()
    release()
    await underWay
    await asked
    expect(await confirmedEpoch(test)).toBe(epoch)
  })

  it('leaves: it serves no more, is waited for no more, and does not come back', async () => {
    const test = await start()
    const release = test.watched.hold()
    const underWay = [test.node.catchUp(), test.node.catchUp()]
    await test.watched.held()
    const stopped = test.node.stop()
    expect(test.node.hasLease()).toBe(false)
    release()
    await Promise.all([stopped, ...underWay])
    await test.node.catchUp()
    expect(await confirmedEpoch(test)).toBeUndefined()
    expect(await test.node.renew()).toBe(false)
    await until(async () => expect(await countListeners()).toBe(0))
  })
})

describe('a notification that gets lost', () => {
  it('is made good by the next heartbeat, and later ones arrive again', async () => {
    const test = await start()
    await cutListeners()
    const missed = await revokeSomething()
    expect(test.applied).toEqual([])
    heartbeat()
    await until(() => expect(test.applied).toEqual([missed]))

    await until(async () => expect(await countListeners()).toBe(1))
    // Listening is the last thing that a new connection does.
    await until(async () => {
      const heard = await revokeSomething()
      await new Promise((resolve) => setTimeout(resolve, 100))
      expect(test.applied.at(-1)).toBe(heard)
    })
  })

  it('never leaves more than one connection listening', async () => {
    await start()
    await cutListeners()
    for (let beats = 0; beats < 5; beats += 1) heartbeat()
    await until(async () => expect(await countListeners()).toBe(1))
    heartbeat()
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(await countListeners()).toBe(1)
  })
})

describe('a node that cannot reach the store', () => {
  const away = new Error('Connection terminated unexpectedly')

  it('serves on while its lease runs, and not a moment longer', async () => {
    const test = await start()
    test.watched.fail(away)
    test.now += leaseMs / 2
    await expect(test.node.catchUp()).rejects.toBe(away)
    expect(test.node.hasLease()).toBe(true)
    expect(test.leasesLost).toBe(0)
    test.now += leaseMs / 2
    expect(test.node.hasLease()).toBe(false)
    expect(await test.node.renew()).toBe(false)
  })

  it('ends what is unsupervised, once, before others stop waiting for it', async () => {
    const test = await start()
    test.watched.fail(away)
    // The others' idea of the lease has not ended.
    test.now += leaseMs - 100
    vi.advanceTimersByTime(100)
    vi.advanceTimersByTime(100)
    expect(test.leasesLost).toBe(1)
    expect(test.observed).toEqual(['lease_lost'])
  })

  it('loses its lease when renewing hangs instead of failing', async () => {
    const test = await start()
    const release = test.watched.hold()
    heartbeat()
    await test.watched.held()
    test.now += leaseMs
    vi.advanceTimersByTime(100)
    expect(test.node.hasLease()).toBe(false)
    expect(test.leasesLost).toBe(1)
    release()
  })

  it('gets its lease back, but first takes into effect what it has missed', async () => {
    const test = await start()
    await cutListeners()
    test.watched.fail(away)
    test.now += leaseMs
    heartbeat()
    const missed = await revokeSomething()
    test.watched.fail(undefined)
    expect(await test.node.renew()).toBe(true)
    expect(test.applied).toEqual([missed])
    expect(test.node.hasLease()).toBe(true)
    expect(test.observed).toEqual(['lease_lost', 'lease_regained'])
    expect(test.node.epoch()).toBe(await getEpoch(control.store))
  })

  it('does not get it back for the time that asking took', async () => {
    const test = await start()
    test.now += leaseMs
    const release = test.watched.hold(/insert into node/)
    const renewed = test.node.renew()
    await test.watched.held()
    // The store has counted from long before its answer came.
    test.now += leaseMs
    release()
    expect(await renewed).toBe(false)
    expect(test.node.hasLease()).toBe(false)
  })

  it('does not join', async () => {
    await expect(
      startNode({
        id: randomUUID(),
        store: control.store,
        listenAddress: { ...control.address, host: '127.0.0.1', port: 1 },
        apply: async () => ({ responsesAborted: 0, sessionsEnded: 0 }),
        leaseLost: () => {},
        monotonicNow: () => 0,
        observe: () => {},
      }),
    ).rejects.toThrow()
  })
})
