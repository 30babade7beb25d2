import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createControlDatabase, type TestControlDatabase } from '../../test/control-database.ts'
import { insertTestAccount, insertTestKey } from '../../test/credentials.ts'
import { untilLocksAreAwaited } from '../../test/until-locks-are-awaited.ts'
import { parseJob } from '../batch/parse-job.ts'
import { openDocument, sealDocument } from '../batch/seal-document.ts'
import { insertAccountUser } from '../store/account-users.ts'
import { isStillIssued, updateApiKeyState } from '../store/api-keys.ts'
import { findBatchJob, insertBatchJob } from '../store/batch-jobs.ts'
import { type Database, inTransaction } from '../store/database.ts'
import { findSecondFactor, insertSecondFactor } from '../store/second-factors.ts'
import { listSecretKeysInUse } from '../store/secret-keys.ts'
import { type KeyRing, newRingKey } from '../token/key-ring.ts'
import type { CommandContext } from './context.ts'
import { rotateSecrets } from './rotate-secrets.ts'
import { openSecondFactor, sealSecondFactor } from './second-factor-secret.ts'

let control: TestControlDatabase
let ring: KeyRing
const files = {
  read: async () => ring,
  replace: async (next: KeyRing) => {
    ring = next
  },
}

beforeAll(async () => {
  control = await createControlDatabase()
  const current = newRingKey(randomBytes)
  ring = { current, keys: [current] }
})
afterAll(() => control.close())

const contextOf = (store: Database) =>
  ({
    store,
    admin: { cluster: store },
    revoker: { revoke: async () => undefined },
    randomBytes,
  }) as unknown as CommandContext

it('waits for a request that holds one key without holding up the other key it needs', async () => {
  const { store } = control
  const account = await insertTestAccount(store, ring)
  // In the order in which a rotation goes through them, and a request that deletes does not.
  const [deleted, asking] = [`0${randomUUID().slice(1)}`, `f${randomUUID().slice(1)}`]
  await insertTestKey(store, ring, account, { id: deleted })
  const { key } = await insertTestKey(store, ring, account, { id: asking, type: 'master' })

  const rotation = await inTransaction(store, async (request) => {
    expect(await isStillIssued(request, asking, key.updatedAt.getTime())).toBe(true)
    const settled = Promise.allSettled([rotateSecrets(contextOf(store), files)])
    await untilLocksAreAwaited(store, 1)
    expect(await updateApiKeyState(request, deleted, 'deleting')).toBe(true)
    return { settled }
  })
  expect(await rotation.settled).toMatchObject([{ status: 'fulfilled' }])
})

it('seals jobs and second factors anew, so that the old key is needed by nothing', async () => {
  const old = ring.current
  const account = await insertTestAccount(control.store, ring)
  const { key } = await insertTestKey(control.store, ring, account)
  const id = '2b1d6f3e-55aa-4b0c-8a52-6a1b2c3d4e5f'
  const document = parseJob(['select 1', 'select 2'])
  await insertBatchJob(control.store, {
    id,
    accountId: account.id,
    credentialId: key.id,
    isOfToken: false,
    issuedAtMs: key.updatedAt.getTime(),
    createdAt: new Date(),
    document: sealDocument(ring, id, document, randomBytes),
  })
  const userId = await insertTestSecondFactor(account.id)
  const { keyId } = await rotateSecrets(contextOf(control.store), files)
  expect(keyId).not.toBe(old.id)
  expect(ring.keys.map((one) => one.id)).toEqual([keyId])
  expect(await listSecretKeysInUse(control.store)).toEqual([keyId])
  const job = await findBatchJob(control.store, { accountId: account.id, credentialId: null }, id)
  if (job === undefined) throw new Error('The job has gone.')
  expect(openDocument(ring, id, job)).toEqual(document)
  const factor = await findSecondFactor(control.store, userId)
  if (factor === undefined) throw new Error('The second factor has gone.')
  expect(openSecondFactor(ring, userId, factor)).toBe('a secret')
})

async function insertTestSecondFactor(accountId: string): Promise<string> {
  const [id, createdAt] = [randomUUID(), new Date()]
  await insertAccountUser(control.store, {
    id,
    accountId,
    name: 'Ann',
    email: null,
    level: 'viewer',
    passwordHash: '',
    createdAt,
    updatedAt: createdAt,
  })
  const sealed = sealSecondFactor(ring, id, 'a secret', randomBytes)
  await insertSecondFactor(control.store, { userId: id, ...sealed, createdAt })
  return id
}
