import type pg from 'pg'
import { AccessError } from '../errors.ts'
import { failPendingBatchJobsOf } from '../store/batch-jobs.ts'
import { type Database, inRetriedTransaction, storeError } from '../store/database.ts'
import { countLiveNodes, insertRevocation, type Revocation } from '../store/epochs.ts'
import type { Node } from './node.ts'

/** What was true when a revocation was complete. */
export type Receipt = {
  readonly epoch: number
  /** Serving nodes that confirmed. Nodes whose lease had ended count for nothing and serve nothing. */
  readonly nodes: number
  /**
   * Answers that were cut off on this node; and database sessions that were ended, those of other
   * nodes included as far as PostgreSQL still knew them.
   */
  readonly responsesAborted: number
  readonly sessionsEnded: number
}

export type Revoker = {
  /**
   * Takes something away. `change` runs in the transaction that records the revocation, changes
   * nothing else, and may be run again; when it answers false there was nothing to take away,
   * nothing is recorded and undefined is returned.
   * Resolves when no node accepts, serves or caches what was taken.
   * Throws store_unavailable when the control database is away, and when a live node does not
   * confirm in time: then the revocation is recorded and holds, but must not be reported as complete.
   */
  revoke(
    revocation: Omit<Revocation, 'epoch'>,
    change: (transaction: pg.PoolClient) => Promise<boolean>,
  ): Promise<Receipt | undefined>
}

const confirmTimeoutMs = 15_000

/** `node` is absent in a process that does not serve, such as the command line. */
export function createRevoker(options: {
  readonly store: Database
  readonly node?: Pick<Node, 'catchUp' | 'findApplied'> | undefined
  readonly sleep?: (ms: number) => Promise<void>
}): Revoker {
  const { store, node, sleep = (ms) => new Promise((done) => setTimeout(done, ms)) } = options

  return {
    async revoke(revocation, change) {
      const epoch = await inRetriedTransaction(store, async (transaction) => {
        if (!(await change(transaction))) return undefined
        // Jobs that run are ended like requests, where they run; those that wait must not begin.
        await failPendingBatchJobsOf(transaction, revocation)
        return insertRevocation(transaction, revocation)
      }).catch((error: unknown) => {
        throw storeError(error)
      })
      if (epoch === undefined) return undefined
      const nodes = await confirmed(epoch).catch((cause: unknown) => {
        throw new AccessError('store_unavailable', {
          message:
            'The credential has ended, but a node has not confirmed it yet. Repeat the request.',
          cause,
        })
      })
      const applied = node?.findApplied(epoch) ?? { responsesAborted: 0, sessionsEnded: 0 }
      return { epoch, nodes, ...applied }
    },
  }

  async function confirmed(epoch: number): Promise<number> {
    await node?.catchUp()
    for (let waitedMs = 0, pauseMs = 5; ; waitedMs += pauseMs) {
      const { live, behind } = await countLiveNodes(store, epoch)
      if (behind === 0) return live
      if (waitedMs >= confirmTimeoutMs) {
        throw new Error(`After ${waitedMs} ms, ${behind} of ${live} nodes have not confirmed.`)
      }
      pauseMs = Math.min(pauseMs * 2, 100)
      await sleep(pauseMs)
    }
  }
}
