import pg from 'pg'
import type { Observe } from '../observations.ts'
import type { Database, DatabaseAddress } from '../store/database.ts'
import {
  deleteNode,
  getEpoch,
  listRevocationsAfter,
  type Revocation,
  renewNodeLease,
  revocationChannel,
} from '../store/epochs.ts'

/**
 * How long other nodes wait for a node that has fallen silent. A deletion takes at most this much
 * longer when a node has died without saying so.
 */
export const leaseMs = 5_000
/** Our idea of the lease ends this much before the others', so that there is time to act on it. */
const leaseMarginMs = 250
const renewEveryMs = 1_000
const checkLeaseEveryMs = 100
/** For so many revocations a node remembers what they ended, for the receipts. */
const rememberedEpochs = 1_000

/** What ending something ended on this node. */
export type Applied = { readonly responsesAborted: number; readonly sessionsEnded: number }

/**
 * This process as one of the nodes that serve. It holds a lease on "everything revoked up to
 * `epoch` has taken effect here". Caches may be believed only while the lease runs.
 */
export type Node = {
  readonly id: string
  /**
   * Everything revoked up to here has taken effect on this node or is just doing so: what was read
   * at an earlier epoch must not be believed any more.
   */
  epoch(): number
  hasLease(): boolean
  /** Tries to get the lease back at once; true when the node has it afterwards. */
  renew(): Promise<boolean>
  /** Applies what is new and confirms it. Throws when the store is away; the node tries again. */
  catchUp(): Promise<void>
  /** What the revocation of this epoch ended here; undefined when it was long ago. */
  findApplied(epoch: number): Applied | undefined
  stop(): Promise<void>
}

/**
 * Joins the nodes that serve. `apply` takes one revocation into effect in this process and must
 * have done so when it resolves; `leaseLost` ends what may not go on unsupervised. Throws when the
 * control database cannot be reached.
 */
export async function startNode(options: {
  readonly id: string
  readonly store: Database
  readonly listenAddress: DatabaseAddress
  readonly apply: (revocation: Revocation) => Promise<Applied>
  readonly leaseLost: () => void
  /** What else to do when this channel of the control database says something. */
  readonly notified?: { readonly channel: string; readonly tell: () => void }
  /** Milliseconds that only ever grow, whatever happens to the wall clock. */
  readonly monotonicNow: () => number
  readonly observe: Observe
}): Promise<Node> {
  const { id, store, apply, leaseLost, notified, monotonicNow, observe } = options
  let appliedEpoch = await getEpoch(store)
  let epoch = appliedEpoch
  let leaseUntil = 0
  let lost = false
  let stopped = false
  let listener: pg.Client | undefined
  let listening = false
  let working: Promise<void> | undefined
  let next: Promise<void> | undefined
  const appliedByEpoch = new Map<number, Applied>()

  async function round(): Promise<void> {
    for (const revocation of await listRevocationsAfter(store, appliedEpoch)) {
      // Before it takes effect: what was read before and arrives meanwhile is already too old.
      epoch = revocation.epoch
      appliedByEpoch.set(revocation.epoch, await apply(revocation))
      appliedByEpoch.delete(revocation.epoch - rememberedEpochs)
      appliedEpoch = revocation.epoch
    }
    // A node that is leaving must not come back onto the list.
    if (stopped) return
    // Measured before the statement is sent: our idea of the lease ends before the database's.
    const askedAt = monotonicNow()
    await renewNodeLease(store, { id, leaseMs, ackedEpoch: appliedEpoch })
    leaseUntil = askedAt + leaseMs - leaseMarginMs
    if (lost) {
      lost = false
      observe({ event: 'lease_regained', epoch })
    }
  }

  /** One round at a time; all who ask during a round share the one after it. */
  function catchUp(): Promise<void> {
    if (working !== undefined) {
      next ??= working
        .catch(() => {})
        .then(() => {
          next = undefined
          return catchUp()
        })
      return next
    }
    working = round().finally(() => {
      working = undefined
    })
    return working
  }

  async function listen(): Promise<void> {
    const client = new pg.Client({
      ...options.listenAddress,
      ssl: options.listenAddress.ssl ?? false,
      application_name: 'postern revocations',
      connectionTimeoutMillis: 2_000,
    })
    const forget = () => {
      if (listener === client) listener = undefined
    }
    client.on('error', forget)
    client.on('end', forget)
    client.on('notification', ({ channel }) => {
      if (channel === notified?.channel) notified.tell()
      else void catchUp().catch(missed)
    })
    try {
      await client.connect()
      await client.query(`listen ${revocationChannel}`)
      if (notified !== undefined) await client.query(`listen ${notified.channel}`)
    } catch (error) {
      await client.end().catch(() => {})
      throw error
    }
    if (stopped) await client.end()
    else listener = client
  }

  function keepListening(): void {
    // A slow log-in must not be joined by another: only one of them would ever be ended.
    if (listener !== undefined || listening) return
    listening = true
    void listen()
      .catch(missed)
      .finally(() => {
        listening = false
      })
  }

  function missed(cause: unknown): void {
    if (lost || stopped || monotonicNow() < leaseUntil) return
    lost = true
    leaseLost()
    observe({ event: 'lease_lost', cause })
  }

  await catchUp()
  await listen()
  const timer = setInterval(() => {
    keepListening()
    // Also the way in which a notification that got lost is made good.
    void catchUp().catch(missed)
  }, renewEveryMs)
  // Fires by itself when renewing hangs instead of failing.
  const leaseTimer = setInterval(() => missed(new Error('The lease ran out.')), checkLeaseEveryMs)

  return {
    id,
    epoch: () => epoch,
    hasLease: () => !stopped && monotonicNow() < leaseUntil,
    async renew() {
      try {
        await catchUp()
      } catch (cause) {
        missed(cause)
      }
      return !stopped && monotonicNow() < leaseUntil
    },
    catchUp,
    findApplied: (ofEpoch) => appliedByEpoch.get(ofEpoch),
    async stop() {
      stopped = true
      clearInterval(timer)
      clearInterval(leaseTimer)
      await working?.catch(() => {})
      await listener?.end().catch(() => {})
      await deleteNode(store, id).catch((cause: unknown) => {
        // The lease runs out by itself.
        observe({ event: 'lease_lost', cause })
      })
    },
  }
}
