import { principalOf, tokenPrincipalOf } from '../credential/authenticate.ts'
import type { Principal } from '../credential/principal.ts'
import { AccessError } from '../errors.ts'
import type { Observe } from '../observations.ts'
import type { InFlightRequest, InFlightRequests } from '../revocation/in-flight.ts'
import type { StopSignal } from '../stop-signal.ts'
import { findVerifiableAccessToken, isAccessTokenStillIssued } from '../store/access-tokens.ts'
import { findVerifiableApiKey, isStillIssued } from '../store/api-keys.ts'
import {
  failPendingBatchJob,
  findNextBatchJob,
  finishBatchJob,
  hasPendingBatchJob,
  listBatchJobsToCancel,
  type NextBatchJob,
  startBatchJob,
  updateRunningBatchJob,
} from '../store/batch-jobs.ts'
import { addBatchTurn } from '../store/batch-turns.ts'
import {
  type Database,
  inTransaction,
  isUnreachable,
  type Queryable,
  sqlstateOf,
  sqlstates,
  withRetries,
} from '../store/database.ts'
import type { RandomBytes } from '../token/base62.ts'
import type { KeyRing } from '../token/key-ring.ts'
import { isOurs, reasonOf } from './end-reasons.ts'
import { type JobDocument, settleDocument } from './job-document.ts'
import { type QueryToRun, runDocument } from './run-document.ts'
import { openDocument, sealDocument } from './seal-document.ts'

/** Runs one text of SQL as the principal. Throws what the reason of its failure is read from. */
export type RunSql = (
  principal: Principal,
  query: QueryToRun & Pick<JobDocument, 'connection'>,
  signal: StopSignal,
) => Promise<void>

export type JobRunner = {
  /** Runs the next job of the account to its end, if there is one and none of the account's runs. */
  runNext(accountId: string): Promise<void>
  /** Stops those of the jobs that run here that somebody wants to stop. */
  cancelRequested(): Promise<void>
  /** Ends every job that runs here and resolves when that is written down. */
  stop(): Promise<void>
  running(): number
}

/** A job that runs here. */
type Running = {
  readonly id: string
  readonly accountId: string
  readonly principal: Principal
  readonly inFlight: InFlightRequest
  document: JobDocument
  isCancelled: boolean
}

/** Somebody else has ended the job: nothing more of it is to be run or written. */
class JobTakenAwayError extends Error {}

const storeRetryMs = 500
/** For so long a node that stops tries to write down how its jobs ended. */
const maxStoreRetriesWhenStopped = 6

export function createJobRunner(options: {
  readonly store: Database
  readonly nodeId: string
  readonly keyRing: () => KeyRing
  readonly randomBytes: RandomBytes
  readonly inFlight: InFlightRequests
  readonly runSql: RunSql
  readonly now: () => Date
  readonly observe: Observe
}): JobRunner {
  const { store, nodeId, keyRing, randomBytes, inFlight, runSql, now, observe } = options
  const running = new Map<string, Running>()
  const turns = new Set<Promise<void>>()
  let stopped = false

  /**
   * Takes the next job. Its entry among what is in flight is made before the claim is committed: a
   * revocation waits for that, so it either finds the job waiting or finds the entry.
   */
  async function claim(accountId: string): Promise<Running | 'again' | undefined> {
    let entry: InFlightRequest | undefined
    try {
      return await inTransaction(store, async (transaction) => {
        const next = await findNextBatchJob(transaction, accountId)
        if (next === undefined) return undefined
        const principal = await findMaker(transaction, next)
        if (principal === undefined) {
          await failPendingBatchJob(transaction, next.id, now())
          return 'again'
        }
        const sealed = await startBatchJob(transaction, next.id, nodeId, now())
        if (sealed === undefined) return 'again'
        const document = openDocument(keyRing(), next.id, sealed)
        entry = inFlight.begin(principal)
        return { id: next.id, accountId, principal, inFlight: entry, document, isCancelled: false }
      })
    } catch (error) {
      entry?.end()
      // Another job of the account runs. Whoever ends it sees to the next one.
      if (sqlstateOf(error) === sqlstates.uniqueViolation) return undefined
      throw error
    }
  }

  async function run(job: Running): Promise<void> {
    const startedAt = now().getTime()
    const { signal } = job.inFlight
    const { connection } = job.document
    const ended = () => {
      if (job.isCancelled) return { state: 'cancelled' } as const
      return signal.aborted
        ? ({ state: 'failed', reason: reasonOf(signal.reason) } as const)
        : undefined
    }
    let state: 'done' | 'failed' | 'cancelled'
    try {
      const end = await runDocument(job.document, job.id, {
        execute: async (query) => {
          const placed = connection === undefined ? query : { ...query, connection }
          await runSql(job.principal, placed, signal).catch((error: unknown) => {
            if (isOurs(error)) observe({ event: 'batch_trouble', jobId: job.id, cause: error })
            throw new Error(reasonOf(error), { cause: error })
          })
        },
        save: (document) => save(job, document),
        ended,
        now,
      })
      state = end.state
    } catch (error) {
      if (error instanceof JobTakenAwayError) return
      state = 'failed'
      if (!signal.aborted) observe({ event: 'batch_trouble', jobId: job.id, cause: error })
    }
    const end = ended()
    if (end !== undefined) job.document = settleDocument(job.document, end)
    await finish(job, end?.state ?? state)
    observe({
      event: 'batch_job_ended',
      jobId: job.id,
      account: job.principal.accountName,
      credentialId: job.principal.credentialId,
      state: end?.state ?? state,
      durationMs: now().getTime() - startedAt,
    })
  }

  async function save(job: Running, document: JobDocument): Promise<void> {
    job.document = document
    const isOurs = await untilStoreAnswers(
      () => !job.inFlight.signal.aborted,
      () => {
        const sealed = sealDocument(keyRing(), job.id, document, randomBytes)
        return updateRunningBatchJob(store, { id: job.id, nodeId }, sealed, now())
      },
    )
    if (!isOurs) throw new JobTakenAwayError()
  }

  async function finish(job: Running, state: 'done' | 'failed' | 'cancelled'): Promise<void> {
    let attempts = 0
    await untilStoreAnswers(
      () => !stopped || ++attempts < maxStoreRetriesWhenStopped,
      () =>
        inTransaction(store, async (transaction) => {
          const sealed = sealDocument(keyRing(), job.id, job.document, randomBytes)
          await finishBatchJob(transaction, { id: job.id, nodeId }, state, sealed, now())
          // After the row has changed: a job that came in between is seen here, or by its own turn.
          if (await hasPendingBatchJob(transaction, job.accountId)) {
            await addBatchTurn(transaction, job.accountId)
          }
        }),
    )
  }

  async function turn(accountId: string): Promise<void> {
    // For another node, or for this one when it is back.
    if (stopped) return addBatchTurn(store, accountId)
    let job: Running | 'again' | undefined
    do job = await claim(accountId)
    while (job === 'again')
    if (job === undefined) return
    running.set(job.id, job)
    try {
      if (stopped) job.inFlight.abort(new AccessError('shutting_down'))
      await run(job)
    } finally {
      running.delete(job.id)
      job.inFlight.end()
    }
  }

  return {
    async runNext(accountId) {
      const current = turn(accountId)
      const settled = current.catch(() => {})
      turns.add(settled)
      await current.finally(() => turns.delete(settled))
    },
    async cancelRequested() {
      if (running.size === 0) return
      for (const id of await listBatchJobsToCancel(store, [...running.keys()])) {
        const job = running.get(id)
        if (job === undefined || job.isCancelled) continue
        job.isCancelled = true
        job.inFlight.abort(new AccessError('batch_job_cancelled'))
      }
    },
    async stop() {
      stopped = true
      for (const job of running.values()) job.inFlight.abort(new AccessError('shutting_down'))
      await Promise.all(turns)
    },
    running: () => running.size,
  }
}

/**
 * The principal that made a job, as it is now; undefined when it has ended or is another issue. Holds
 * it so until the transaction ends.
 */
async function findMaker(
  transaction: Queryable,
  { credentialId, isOfToken, issuedAtMs }: NextBatchJob,
): Promise<Principal | undefined> {
  if (isOfToken) {
    if (!(await isAccessTokenStillIssued(transaction, credentialId, issuedAtMs))) return undefined
    const token = await findVerifiableAccessToken(transaction, credentialId)
    return token && tokenPrincipalOf(token)
  }
  if (!(await isStillIssued(transaction, credentialId, issuedAtMs))) return undefined
  const key = await findVerifiableApiKey(transaction, credentialId)
  return key && principalOf(key)
}

/**
 * Tries again while the control database is away and `goesOn`, and when another writer was met;
 * throws what else goes wrong.
 */
async function untilStoreAnswers<T>(goesOn: () => boolean, ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await withRetries(ask)
    } catch (error) {
      if (!isUnreachable(error) || !goesOn()) throw error
      await new Promise((done) => setTimeout(done, storeRetryMs))
    }
  }
}
