import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createControlDatabase, type TestControlDatabase } from '../../test/control-database.ts'
import { insertTestAccount, insertTestKey } from '../../test/credentials.ts'
import { type KeyRing, newRingKey } from '../token/key-ring.ts'
import type { Account } from './accounts.ts'
import type { ApiKey } from './api-keys.ts'
import {
  cancelPendingBatchJob,
  countPendingBatchJobs,
  deleteEndedBatchJobs,
  deleteSurplusBatchJobs,
  failOrphanedBatchJob,
  failPendingBatchJobsOf,
  findBatchJob,
  findNextBatchJob,
  finishBatchJob,
  insertBatchJob,
  listAccountsWithIdleQueue,
  listBatchJobs,
  listOrphanedBatchJobs,
  lockBatchJob,
  startBatchJob,
  updatePendingBatchJob,
  updateRunningBatchJob,
} from './batch-jobs.ts'
import { type RevocationKind, renewNodeLease } from './epochs.ts'

const ringKey = newRingKey(randomBytes)
const ring: KeyRing = { current: ringKey, keys: [ringKey] }
const document = { envelope: Buffer.from('sealed'), secretKeyId: ringKey.id }
const now = new Date()

let control: TestControlDatabase
let account: Account
let key: ApiKey
let other: ApiKey

beforeAll(async () => {
  control = await createControlDatabase()
})
afterAll(() => control.close())
beforeEach(async () => {
  account = await insertTestAccount(control.store, ring)
  key = (await insertTestKey(control.store, ring, account)).key
  other = (await insertTestKey(control.store, ring, account)).key
})

async function insert(of: ApiKey = key): Promise<string> {
  const id = randomUUID()
  await insertBatchJob(control.store, {
    id,
    accountId: of.accountId,
    credentialId: of.id,
    isOfToken: false,
    issuedAtMs: of.updatedAt.getTime(),
    createdAt: now,
    document,
  })
  return id
}

const ended = (kind: RevocationKind) => ({
  kind,
  accountId: kind === 'api_key' ? null : account.id,
  credentialId: kind === 'api_key' ? key.id : null,
})
const all = () => ({ accountId: account.id, credentialId: null })
const statusOf = async (id: string) => (await findBatchJob(control.store, all(), id))?.status

describe('the jobs of an account', () => {
  it('are found by the key that made them and by the account, and by nobody else', async () => {
    const id = await insert()
    const stranger = await insertTestAccount(control.store, ring)
    for (const find of [findBatchJob, lockBatchJob]) {
      expect(await find(control.store, all(), id)).toMatchObject({ id, status: 'pending' })
      const own = { accountId: account.id, credentialId: key.id }
      expect(await find(control.store, own, id)).toMatchObject({ id, credentialId: key.id })
      for (const owner of [
        { accountId: account.id, credentialId: other.id },
        { accountId: stranger.id, credentialId: null },
        { accountId: stranger.id, credentialId: key.id },
      ]) {
        expect(await find(control.store, owner, id)).toBeUndefined()
        expect(await listBatchJobs(control.store, owner, 10)).toEqual([])
      }
    }
  })

  it('are listed newest first, and run oldest first', async () => {
    const ids = [await insert(), await insert(other), await insert()]
    const listed = await listBatchJobs(control.store, all(), 2)
    expect(listed.map(({ id }) => id)).toEqual([ids[2], ids[1]])
    expect(await findNextBatchJob(control.store, account.id)).toMatchObject({
      id: ids[0],
      issuedAtMs: key.updatedAt.getTime(),
    })
    expect(await countPendingBatchJobs(control.store, account.id)).toBe(3)
  })

  it('do not run while the account is being deleted', async () => {
    await insert()
    await control.store.query(`update account set state = 'deleting' where id = $1`, [account.id])
    expect(await findNextBatchJob(control.store, account.id)).toBeUndefined()
  })

  it('go with their key', async () => {
    const id = await insert()
    await control.store.query('delete from api_key where id = $1', [key.id])
    expect(await statusOf(id)).toBeUndefined()
  })
})

describe('a job that runs', () => {
  it('is written by its own node alone, and by nobody once it has ended', async () => {
    const id = await insert()
    const nodeId = randomUUID()
    const changed = { ...document, envelope: Buffer.from('changed') }
    await updatePendingBatchJob(control.store, id, changed, now)
    expect(await startBatchJob(control.store, id, nodeId, now)).toEqual(changed)
    expect(await startBatchJob(control.store, id, nodeId, now)).toBeUndefined()
    await updatePendingBatchJob(control.store, id, document, now)
    expect(await findBatchJob(control.store, all(), id)).toMatchObject(changed)
    const write = (by: string) =>
      updateRunningBatchJob(control.store, { id, nodeId: by }, document, now)
    expect(await write(randomUUID())).toBe(false)
    expect(await write(nodeId)).toBe(true)
    await cancelPendingBatchJob(control.store, id, now)
    await failPendingBatchJobsOf(control.store, ended('account'))
    await failPendingBatchJobsOf(control.store, ended('api_key'))
    expect(await statusOf(id)).toBe('running')
    await finishBatchJob(control.store, { id, nodeId: randomUUID() }, 'done', document, now)
    expect(await statusOf(id)).toBe('running')
    await finishBatchJob(control.store, { id, nodeId }, 'done', document, now)
    expect(await statusOf(id)).toBe('done')
    expect(await write(nodeId)).toBe(false)
  })

  it.each([
    ['has a lease', 5_000, false],
    ['has lost its lease this moment and may still be stopping', 0, false],
    ['has lost its lease', -10_000, true],
    ['nobody knows', undefined, true],
  ])('is an orphan by whether its node %s', async (_what, leaseMs, isOrphan) => {
    const id = await insert()
    const nodeId = randomUUID()
    if (leaseMs !== undefined) {
      await renewNodeLease(control.store, { id: nodeId, leaseMs, ackedEpoch: 0 })
    }
    await startBatchJob(control.store, id, nodeId, now)
    const orphans = await listOrphanedBatchJobs(control.store)
    expect(orphans.filter((orphan) => orphan.id === id)).toEqual(
      isOrphan ? [{ id, accountId: account.id, roles: [key.role] }] : [],
    )
    await failOrphanedBatchJob(control.store, id, now)
    expect(await statusOf(id)).toBe(isOrphan ? 'failed' : 'running')
  })
})

it.each<[RevocationKind, string[]]>([
  ['api_key', ['failed', 'pending', 'pending']],
  ['regular_keys', ['failed', 'failed', 'pending']],
  ['account', ['failed', 'failed', 'failed']],
  ['public_access', ['pending', 'pending', 'pending']],
  ['account_settings', ['pending', 'pending', 'pending']],
  ['key_ring', ['pending', 'pending', 'pending']],
])(
  'what is taken away as %s ends what waits under it, and nothing else',
  async (kind, statuses) => {
    const { key: master } = await insertTestKey(control.store, ring, account, { type: 'master' })
    const ids = [await insert(), await insert(other), await insert(master)]
    const stranger = await insertTestAccount(control.store, ring)
    const strangersKey = (await insertTestKey(control.store, ring, stranger)).key
    const strangers = await insert(strangersKey)
    await failPendingBatchJobsOf(control.store, ended(kind))
    expect(await Promise.all(ids.map(statusOf))).toEqual(statuses)
    const owner = { accountId: stranger.id, credentialId: null }
    expect((await findBatchJob(control.store, owner, strangers))?.status).toBe('pending')
  },
)

it('an account whose jobs wait although none runs is found', async () => {
  const isIdle = async () => (await listAccountsWithIdleQueue(control.store)).includes(account.id)
  expect(await isIdle()).toBe(false)
  const id = await insert()
  await insert()
  expect(await isIdle()).toBe(true)
  await startBatchJob(control.store, id, randomUUID(), now)
  expect(await isIdle()).toBe(false)
})

describe('jobs that have ended', () => {
  const end = async (at = now) => {
    const id = await insert()
    await cancelPendingBatchJob(control.store, id, at)
    return id
  }

  it('are forgotten when that was long ago; what has not ended never is', async () => {
    const [old, young, waiting] = [
      await end(new Date(now.getTime() - 2_000)),
      await end(),
      await insert(),
    ]
    await deleteEndedBatchJobs(control.store, new Date(now.getTime() - 1_000))
    expect(await Promise.all([old, young, waiting].map(statusOf))).toEqual([
      undefined,
      'cancelled',
      'pending',
    ])
  })

  it('are forgotten when there are too many, the oldest first', async () => {
    const waiting = await insert()
    const ended = [await end(), await end(), await end()]
    await deleteSurplusBatchJobs(control.store, account.id, 2)
    expect(await Promise.all([waiting, ...ended].map(statusOf))).toEqual([
      'pending',
      undefined,
      'cancelled',
      'cancelled',
    ])
  })
})
