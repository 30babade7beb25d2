import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createControlDatabase, type TestControlDatabase } from '../../test/control-database.ts'
import { insertTestAccount, insertTestKey } from '../../test/credentials.ts'
import { parseJob } from '../batch/parse-job.ts'
import { openDocument, sealDocument } from '../batch/seal-document.ts'
import { findBatchJob, insertBatchJob } from '../store/batch-jobs.ts'
import { listSecretKeysInUse } from '../store/secret-keys.ts'
import { type KeyRing, newRingKey } from '../token/key-ring.ts'
import type { CommandContext } from './context.ts'
import { rotateSecrets } from './rotate-secrets.ts'

let control: TestControlDatabase

beforeAll(async () => {
  control = await createControlDatabase()
})
afterAll(() => control.close())

it('seals jobs anew, so that the old key is needed by nothing', async () => {
  const old = newRingKey(randomBytes)
  let ring: KeyRing = { current: old, keys: [old] }
  const account = await insertTestAccount(control.store, ring)
  const { key } = await insertTestKey(control.store, ring, account)
  const id = '2b1d6f3e-55aa-4b0c-8a52-6a1b2c3d4e5f'
  const document = parseJob(['select 1', 'select 2'])
  await insertBatchJob(control.store, {
    id,
    accountId: account.id,
    apiKeyId: key.id,
    keyIssuedAtMs: key.updatedAt.getTime(),
    createdAt: new Date(),
    document: sealDocument(ring, id, document, randomBytes),
  })
  const context = {
    store: control.store,
    admin: { cluster: control.store },
    revoker: { revoke: async () => undefined },
    randomBytes,
  } as unknown as CommandContext

  const { keyId } = await rotateSecrets(context, {
    read: async () => ring,
    replace: async (next) => {
      ring = next
    },
  })
  expect(keyId).not.toBe(old.id)
  expect(ring.keys.map((one) => one.id)).toEqual([keyId])
  expect(await listSecretKeysInUse(control.store)).toEqual([keyId])
  const job = await findBatchJob(control.store, { accountId: account.id, apiKeyId: null }, id)
  if (job === undefined) throw new Error('The job has gone.')
  expect(openDocument(ring, id, job)).toEqual(document)
})
