import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAccount, createKey } from '../../test/account.ts'
import { createInstallation, type TestInstallation } from '../../test/installation.ts'
import type { Principal } from '../credential/principal.ts'
import { inTransaction } from '../store/database.ts'
import { mustStillHold } from './must-still-hold.ts'

let installation: TestInstallation
let principal: Principal

beforeAll(async () => {
  installation = await createInstallation()
  const account = await createAccount(installation)
  const key = await createKey(installation, account, {})
  principal = {
    accountId: account.id,
    accountName: account.name,
    credentialId: key.id,
    credentialName: key.name,
    kind: 'regular',
    allowedApis: [],
    engineEnabled: true,
    expiresAtMs: undefined,
    database: account.database,
    role: key.role,
    issuedAtMs: key.updatedAt.getTime(),
    mayWrite: false,
  }
})
afterAll(() => installation.close())

const ask = (as: Principal) =>
  inTransaction(installation.store, (transaction) => mustStillHold(transaction, as))

test('a credential that is as it was verified may go on', async () => {
  await expect(ask(principal)).resolves.toBeUndefined()
})

test('a request under way cannot act for a credential that was regenerated meanwhile', async () => {
  const earlier = { ...principal, issuedAtMs: principal.issuedAtMs - 1 }
  await expect(ask(earlier)).rejects.toMatchObject({ code: 'credential_revoked' })
})

test('a request under way cannot act for a credential that was deleted meanwhile', async () => {
  await installation.store.query("update api_key set state = 'deleting' where id = $1", [
    principal.credentialId,
  ])
  await expect(ask(principal)).rejects.toMatchObject({ code: 'credential_revoked' })
})
