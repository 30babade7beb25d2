import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createControlDatabase, type TestControlDatabase } from '../../test/control-database.ts'
import { until } from '../../test/until.ts'
import { watchStore } from '../../test/watched-store.ts'
import { AccessError } from '../errors.ts'
import {
  deleteAllNodes,
  getEpoch,
  listRevocationsAfter,
  type Revocation,
  renewNodeLease,
} from '../store/epochs.ts'
import { formatReceipt } from './format-receipt.ts'
import { type Applied, type Node, startNode } from './node.ts'
import { createRevoker } from './revoke.ts'

let control: TestControlDatabase

beforeAll(async () => {
  control = await createControlDatabase()
})

afterAll(() => control.close())

let nodes: Node[] = []

afterEach(async () => {
  for (const node of nodes) await node.stop()
  nodes = []
  await deleteAllNodes(control.store)
})

async function start(apply: (revocation: Revocation) => Promise<Applied>): Promise<Node> {
  const node = await startNode({
    id: randomUUID(),
    store: control.store,
    listenAddress: control.address,
    apply,
    leaseLost: () => {},
    monotonicNow: () => performance.now(),
    observe: () => {},
  })
  nodes.push(node)
  return node
}

const nothing: Applied = { responsesAborted: 0, sessionsEnded: 0 }
const keyRevocation = () => ({
  kind: 'api_key' as const,
  accountId: null,
  credentialId: randomUUID(),
  roles: ['a_role'],
})

describe('a revocation', () => {
  it('is recorded together with the change, and tells what it ended here', async () => {
    const seen: Revocation[] = []
    const node = await start(async (revocation) => {
      seen.push(revocation)
      return { responsesAborted: 3, sessionsEnded: 2 }
    })
    const before = await getEpoch(control.store)
    const revocation = keyRevocation()
    const receipt = await createRevoker({ store: control.store, node }).revoke(
      revocation,
      async (transaction) => {
        // In the same transaction: it can see, and could undo, what the change did.
        await transaction.query('create table changed ()')
        return true
      },
    )
    expect(receipt).toEqual({ epoch: before + 1, nodes: 1, responsesAborted: 3, sessionsEnded: 2 })
    expect(seen).toEqual([{ ...revocation, epoch: before + 1 }])
    await control.store.query('drop table changed')
    expect(receipt && formatReceipt(receipt)).toBe(
      `epoch=${before + 1}, nodes=1, responses-aborted=3, sessions-ended=2`,
    )
  })

  it('of what is not there is nothing: no record, no receipt', async () => {
    const before = await getEpoch(control.store)
    const receipt = await createRevoker({ store: control.store }).revoke(
      keyRevocation(),
      async () => false,
    )
    expect(receipt).toBeUndefined()
    expect(await getEpoch(control.store)).toBe(before)
  })

  it('whose change fails is not recorded', async () => {
    const before = await getEpoch(control.store)
    const failure = new AccessError('api_key_not_found')
    await expect(
      createRevoker({ store: control.store }).revoke(keyRevocation(), async () => {
        throw failure
      }),
    ).rejects.toBe(failure)
    expect(await getEpoch(control.store)).toBe(before)
    expect(await listRevocationsAfter(control.store, before)).toEqual([])
  })

  it('waits until every other node has confirmed', async () => {
    let takeEffect = () => {}
    const effect = new Promise<void>((resolve) => {
      takeEffect = resolve
    })
    const here = await start(async () => ({ responsesAborted: 1, sessionsEnded: 0 }))
    await start(async () => {
      await effect
      return { responsesAborted: 10, sessionsEnded: 10 }
    })
    let looks = 0
    let isComplete = false
    const revoking = createRevoker({
      store: control.store,
      node: here,
      async sleep(ms) {
        looks += 1
        await new Promise((done) => setTimeout(done, ms))
      },
    })
      .revoke(keyRevocation(), async () => true)
      .finally(() => {
        isComplete = true
      })
    try {
      await until(() => expect(looks).toBeGreaterThanOrEqual(5))
      expect(isComplete).toBe(false)
    } finally {
      takeEffect()
    }
    // What the other node ended is its own to count.
    expect(await revoking).toMatchObject({ nodes: 2, responsesAborted: 1, sessionsEnded: 0 })
  })

  it('is confirmed by nodes that serve, also when the command line makes it', async () => {
    let applied = 0
    await start(async () => {
      applied += 1
      return nothing
    })
    const receipt = await createRevoker({ store: control.store }).revoke(
      keyRevocation(),
      async () => true,
    )
    expect(applied).toBe(1)
    expect(receipt).toMatchObject({ nodes: 1, responsesAborted: 0, sessionsEnded: 0 })
  })

  it('is delayed by a node that has fallen silent until its lease has ended, and no longer', async () => {
    const silent = randomUUID()
    const epoch = await getEpoch(control.store)
    await renewNodeLease(control.store, { id: silent, leaseMs: 500, ackedEpoch: epoch })
    const receipt = await createRevoker({ store: control.store }).revoke(
      keyRevocation(),
      async () => true,
    )
    expect(receipt?.nodes).toBe(0)
    const { rows } = await control.store.query(
      'select lease_until <= clock_timestamp() as ended from node where id = $1',
      [silent],
    )
    expect(rows).toEqual([{ ended: true }])
  })

  it('is never called complete while a live node has not confirmed it, but holds', async () => {
    const epoch = await getEpoch(control.store)
    await renewNodeLease(control.store, { id: randomUUID(), leaseMs: 600_000, ackedEpoch: epoch })
    const revoking = createRevoker({ store: control.store, sleep: async () => {} }).revoke(
      keyRevocation(),
      async () => true,
    )
    await expect(revoking).rejects.toMatchObject({
      code: 'store_unavailable',
      message: expect.stringContaining('has ended, but a node has not confirmed it yet'),
    })
    expect(await getEpoch(control.store)).toBe(epoch + 1)
  })

  it('is not called complete when it has not taken effect on this very node', async () => {
    const node = await start(async () => {
      throw new Error('It did not take effect.')
    })
    await expect(
      createRevoker({ store: control.store, node }).revoke(keyRevocation(), async () => true),
    ).rejects.toMatchObject({ code: 'store_unavailable' })
  })

  it('says that the store is away when it is', async () => {
    const { store, fail } = watchStore(control.store)
    const away = Object.create(store, {
      connect: {
        value: async () => {
          throw new Error('Connection terminated unexpectedly')
        },
      },
    })
    await expect(
      createRevoker({ store: away }).revoke(keyRevocation(), async () => true),
    ).rejects.toMatchObject({ code: 'store_unavailable' })

    // Away after the record was made: it holds, and must not be called complete.
    const epoch = await getEpoch(control.store)
    fail(new Error('Connection terminated unexpectedly'))
    await expect(
      createRevoker({ store }).revoke(keyRevocation(), async () => true),
    ).rejects.toMatchObject({
      code: 'store_unavailable',
      message: expect.stringContaining('has ended'),
    })
    expect(await getEpoch(control.store)).toBe(epoch + 1)
  })

  it('gets an epoch of its own, with none left out', async () => {
    const before = await getEpoch(control.store)
    const revoker = createRevoker({ store: control.store })
    const receipts = await Promise.all(
      Array.from({ length: 8 }, () => revoker.revoke(keyRevocation(), async () => true)),
    )
    const epochs = new Set(receipts.map((receipt) => receipt?.epoch))
    expect(epochs).toEqual(new Set(Array.from({ length: 8 }, (_, index) => before + 1 + index)))
    expect(await getEpoch(control.store)).toBe(before + 8)
  })
})
