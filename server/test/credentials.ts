import { randomBytes, randomUUID } from 'node:crypto'
import { sealApiKeySecrets } from '../src/commands/api-key-secrets.ts'
import { type Account, defaultAccountSettings, insertAccount } from '../src/store/accounts.ts'
import { type ApiKey, insertApiKey } from '../src/store/api-keys.ts'
import type { Database } from '../src/store/database.ts'
import { insertSecretKeys } from '../src/store/secret-keys.ts'
import type { KeyRing } from '../src/token/key-ring.ts'
import { mintToken } from '../src/token/token.ts'

/**
 * Accounts and keys as far as the control database goes: with tokens, without any role or database
 * behind them.
 */

const random = (prefix: string) => `${prefix}_${randomBytes(6).toString('hex')}`

/** The row of an account, and of its default public key. */
export async function insertTestAccount(
  store: Database,
  ring: KeyRing,
  changes: Partial<Account> = {},
): Promise<Account> {
  const now = new Date('2026-01-01T00:00:00Z')
  const account: Account = {
    id: randomUUID(),
    name: `test-${randomBytes(4).toString('hex')}`,
    state: 'active',
    database: random('database'),
    ownerRole: random('owner'),
    publicRole: random('public'),
    createdAt: now,
    updatedAt: now,
    ...defaultAccountSettings,
    ...changes,
  }
  await insertAccount(store, account)
  await insertTestKey(store, ring, account, { type: 'default', role: account.publicRole })
  return account
}

/** The row of a key, and the token that finds it. */
export async function insertTestKey(
  store: Database,
  ring: KeyRing,
  account: Account,
  changes: Partial<ApiKey> = {},
): Promise<{ key: ApiKey; token: string }> {
  const key: ApiKey = {
    id: randomUUID(),
    accountId: account.id,
    name: random('key'),
    type: 'regular',
    state: 'active',
    role: random('role'),
    grants: {
      apis: ['sql'],
      mayWrite: false,
      tableMetadata: false,
      services: [],
      userData: [],
      datasets: [],
    },
    description: null,
    expiresAt: null,
    createdAt: account.createdAt,
    updatedAt: account.updatedAt,
    ...changes,
  }
  const token = mintToken(key.type === 'master' ? 'master' : 'regular', randomBytes)
  await insertSecretKeys(store, [ring.current.id])
  await insertApiKey(
    store,
    key,
    sealApiKeySecrets(
      ring,
      key.id,
      { token: key.type === 'default' ? undefined : token, password: 'a-role-password' },
      randomBytes,
    ),
  )
  return { key, token }
}
