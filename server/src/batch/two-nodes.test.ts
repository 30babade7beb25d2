import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createControlDatabase, type TestControlDatabase } from '../../test/control-database.ts'
import { insertTestAccount, insertTestKey } from '../../test/credentials.ts'
import { until } from '../../test/until.ts'
import { cancelBatchJob } from '../commands/cancel-batch-job.ts'
import { createBatchJob } from '../commands/create-batch-job.ts'
import { getBatchJob } from '../commands/get-batch-job.ts'
import { principalOf } from '../credential/authenticate.ts'
import type { Principal } from '../credential/principal.ts'
import { createInFlightRequests } from '../revocation/in-flight.ts'
import { type Node, startNode } from '../revocation/node.ts'
import { createRevoker } from '../revocation/revoke.ts'
import type { Account } from '../store/accounts.ts'
import { findVerifiableApiKey, updateApiKeyState } from '../store/api-keys.ts'
import { batchCancelChannel, listBatchJobs, startBatchJob } from '../store/batch-jobs.ts'
import { inTransaction } from '../store/database.ts'
import { type KeyRing, newRingKey } from '../token/key-ring.ts'
import { createJobRunner, type RunSql } from './job-runner.ts'
import { parseJob } from './parse-job.ts'
import { type Batch, startBatch } from './start-batch.ts'

const ringKey = newRingKey(randomBytes)
const ring: KeyRing = { current: ringKey, keys: [ringKey] }
const now = () => new Date()

let control: TestControlDatabase
let account: Account
let nodes: TestNode[]
/** What was run, by whom, in order. */
let ran: { readonly node: Node; readonly sql: string; readonly role: string }[]
/** Lets texts that wait end. */
let release: () => void
let released: Promise<void>
let endedSessions: string[]

beforeAll(async () => {
  control = await createControlDatabase()
  nodes = [await startTestNode(), await startTestNode()]
})
afterAll(async () => {
  release()
  for (const { batch, node } of nodes) {
    await batch.stop(0)
    await node.stop()
  }
  await control.close()
})
beforeEach(async () => {
  account = await insertTestAccount(control.store, ring)
  ran = []
  endedSessions = []
  released = new Promise((resolve) => {
    release = resolve
  })
})
afterEach(() => release())

type TestNode = { readonly node: Node; readonly batch: Batch }

/** A serving process as far as jobs go. SQL that begins with `wait` ends when it is released. */
async function startTestNode(): Promise<TestNode> {
  const inFlight = createInFlightRequests({ now: Date.now })
  let batch: Batch | undefined
  const node = await startNode({
    id: randomUUID(),
    store: control.store,
    listenAddress: control.address,
    apply: async ({ credentialId, accountId }) => ({
      responsesAborted: inFlight.abort({
        ...(credentialId !== null && { credentialId }),
        ...(accountId !== null && { accountId }),
      }),
      sessionsEnded: 0,
    }),
    leaseLost: () => {},
    notified: { channel: batchCancelChannel, tell: () => batch?.cancelRequested() },
    monotonicNow: () => performance.now(),
    observe: () => {},
  })
  const runSql: RunSql = async ({ role }, { sql }, signal) => {
    ran.push({ node, sql, role })
    if (!sql.startsWith('wait')) return
    await Promise.race([
      released,
      new Promise<never>((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason))
      }),
    ])
    signal.throwIfAborted()
  }
  const runner = createJobRunner({
    store: control.store,
    nodeId: node.id,
    keyRing: () => ring,
    randomBytes,
    inFlight,
    runSql,
    now,
    observe: () => {},
  })
  batch = await startBatch({
    store: control.store,
    runner,
    endSessions: async (role) => {
      endedSessions.push(role)
    },
    now,
    observe: () => {},
  })
  return { node, batch }
}

const context = () =>
  ({
    store: control.store,
    keyRing: () => ring,
    randomBytes,
    now,
    observe: () => {},
  }) as unknown as Parameters<typeof createBatchJob>[0]

async function newPrincipal(of = account): Promise<Principal> {
  const { key } = await insertTestKey(control.store, ring, of)
  const verifiable = await findVerifiableApiKey(control.store, key.id)
  if (verifiable === undefined) throw new Error('The key was not made.')
  return principalOf(verifiable)
}

const create = (principal: Principal, query: unknown) =>
  createBatchJob(context(), principal, parseJob(query))
const statusOf = async (principal: Principal, id: string) =>
  (await getBatchJob(context(), principal, id)).status
const reaches = (principal: Principal, id: string, status: string) =>
  until(async () => expect(await statusOf(principal, id)).toBe(status))
const ranOf = ({ role }: Principal) => ran.filter((one) => one.role === role).map(({ sql }) => sql)

describe('two nodes', () => {
  it('run the jobs of an account one at a time, in their order', async () => {
    const principal = await newPrincipal()
    const jobs = []
    for (const sql of ['wait 1', '2', '3', '4']) jobs.push(await create(principal, sql))
    await until(() => expect(ranOf(principal)).toEqual(['wait 1']))
    for (const { id } of jobs.slice(1)) expect(await statusOf(principal, id)).toBe('pending')
    release()
    for (const { id } of jobs) await reaches(principal, id, 'done')
    expect(ranOf(principal)).toEqual(['wait 1', '2', '3', '4'])
  })

  it('let accounts take turns, however many jobs one of them has', async () => {
    const many = await newPrincipal()
    const one = await newPrincipal(await insertTestAccount(control.store, ring))
    // Every slot of both nodes is taken meanwhile.
    const others = await Promise.all(
      Array.from({ length: 8 }, async () =>
        newPrincipal(await insertTestAccount(control.store, ring)),
      ),
    )
    for (const other of others) await create(other, 'wait')
    await until(() => expect(ran).toHaveLength(8))
    for (let index = 0; index < 8; index += 1) await create(many, `many ${index}`)
    const last = await create(one, 'one')
    release()
    await reaches(one, last.id, 'done')
    await until(() => expect(ranOf(many)).toHaveLength(8))
    const order = ran.map(({ sql }) => sql).filter((sql) => sql !== 'wait')
    // Without turns it would have been the ninth.
    expect(order.indexOf('one')).toBeLessThan(7)
  })

  it('cancel a job wherever it runs', async () => {
    const principal = await newPrincipal()
    const { id } = await create(principal, ['wait', 'never'])
    await until(() => expect(ranOf(principal)).toEqual(['wait']))
    const cancelled = await cancelBatchJob(context(), principal, id)
    expect(cancelled.status).toBe('cancelled')
    expect(cancelled.document.queries.map(({ status }) => status)).toEqual(['cancelled', 'skipped'])
    expect(ranOf(principal)).toEqual(['wait'])
  })

  it.each([
    ['deleted', (id: string) => ({ kind: 'api_key', accountId: null, credentialId: id }) as const],
    [
      'taken away with its account',
      () => ({ kind: 'account', accountId: account.id, credentialId: null }) as const,
    ],
  ])('end the jobs of a key that is %s, before that is answered', async (_how, subject) => {
    const principal = await newPrincipal()
    const first = await create(principal, 'wait')
    const second = await create(principal, 'never')
    await until(() => expect(ranOf(principal)).toEqual(['wait']))
    const revoker = createRevoker({ store: control.store })
    await revoker.revoke({ roles: [], ...subject(principal.credentialId) }, async (transaction) => {
      await updateApiKeyState(transaction, principal.credentialId, 'deleting')
      return true
    })
    // Whoever takes it away has its answer: what waited has ended, and so has what ran.
    expect(await statusOf(principal, second.id)).toBe('failed')
    await reaches(principal, first.id, 'failed')
    const { document } = await getBatchJob(context(), principal, first.id)
    expect(document.failedReason).toBe('The credential that made the job has ended.')
    expect(ranOf(principal)).toEqual(['wait'])
    await expect(create(principal, 'never')).rejects.toMatchObject({ code: 'credential_revoked' })
  })

  it('end what waits of a key with the key, not when its turn comes', async () => {
    const blocker = await newPrincipal()
    await create(blocker, 'wait')
    const principal = await newPrincipal()
    const { id } = await create(principal, 'never')
    // Its turn has come, and found the other job running.
    await until(async () => {
      const { rows } = await control.store.query(
        `select from graphile_worker._private_jobs where payload ->> 'accountId' = $1`,
        [account.id],
      )
      expect(rows).toHaveLength(1)
    })
    const { credentialId } = principal
    await createRevoker({ store: control.store }).revoke(
      { kind: 'api_key', roles: [], accountId: null, credentialId: credentialId },
      (transaction) => updateApiKeyState(transaction, credentialId, 'deleting'),
    )
    expect(await statusOf(principal, id)).toBe('failed')
  })

  it('run no job of a key that is just being taken away', async () => {
    const principal = await newPrincipal()
    await create(principal, 'wait')
    await until(() => expect(ranOf(principal)).toEqual(['wait']))
    const { id } = await create(principal, 'never')
    await inTransaction(control.store, async (transaction) => {
      // The row as a revocation holds it that is not committed yet: without having ended any job.
      await updateApiKeyState(transaction, principal.credentialId, 'deleting')
      release()
      // The turn of the next job has come, and it waits for us.
      await until(async () => {
        const { rows } = await control.store.query(
          `select from pg_stat_activity
           where wait_event_type = 'Lock' and query like '%for share%' and datname = current_database()`,
        )
        expect(rows).not.toEqual([])
      })
    })
    await reaches(principal, id, 'failed')
    expect(ranOf(principal)).toEqual(['wait'])
  })

  it('run no job of an earlier issue of a key', async () => {
    const principal = await newPrincipal()
    const blocker = await newPrincipal()
    await create(blocker, 'wait')
    await until(() => expect(ranOf(blocker)).toEqual(['wait']))
    const { id } = await create(principal, 'never')
    await control.store.query('update api_key set updated_at = now() where id = $1', [
      principal.credentialId,
    ])
    release()
    await reaches(principal, id, 'failed')
    expect(ranOf(principal)).toEqual([])
  })

  it('end the job of a node that is gone, and run what waited behind it', async () => {
    const principal = await newPrincipal()
    const { id } = await create(principal, ['wait', 'never'])
    await until(() => expect(ranOf(principal)).toEqual(['wait']))
    const next = await create(principal, 'next')
    // As if it had been claimed by a node that nobody has heard of since.
    await control.store.query('update batch_job set node_id = $2 where id = $1', [id, randomUUID()])
    await reaches(principal, id, 'failed')
    expect(endedSessions).toContain(principal.role)
    const { document } = await getBatchJob(context(), principal, id)
    expect(document.failedReason).toContain('The server that ran the job has gone.')
    expect(document.queries.map(({ status }) => status)).toEqual(['failed', 'skipped'])
    await reaches(principal, next.id, 'done')
    release()
    // The node that had it finds that it is no longer its own.
    await until(async () => expect(await statusOf(principal, next.id)).toBe('done'))
    expect(ranOf(principal)).toEqual(['wait', 'next'])
    expect(await statusOf(principal, id)).toBe('failed')
  })
})

it('no two jobs of an account can be claimed at once', async () => {
  const principal = await newPrincipal()
  const first = await create(principal, 'wait')
  const second = await create(principal, '2')
  await reaches(principal, first.id, 'running')
  await expect(
    inTransaction(control.store, (transaction) =>
      startBatchJob(transaction, second.id, randomUUID(), now()),
    ),
  ).rejects.toMatchObject({ code: '23505' })
})

it('SQL and reasons are in no row in clear', async () => {
  const principal = await newPrincipal()
  await create(principal, "create user mapping ... password 'open sesame'")
  const owner = { accountId: account.id, credentialId: null }
  const [row] = await listBatchJobs(control.store, owner, 1)
  expect(row?.envelope.toString('latin1')).not.toContain('sesame')
  const { rows } = await control.store.query(
    `select j::text as job from batch_job j union all
     select t::text from graphile_worker._private_jobs t`,
  )
  expect(JSON.stringify(rows)).not.toContain(Buffer.from('sesame').toString('hex'))
  expect(JSON.stringify(rows)).not.toContain('sesame')
})
