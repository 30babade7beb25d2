import { randomBytes, randomUUID } from 'node:crypto'
import pg from 'pg'
import { createAccountDatabase } from '../src/roles/account-database.ts'
import type { Admin } from '../src/roles/admin.ts'
import { createKeyRole } from '../src/roles/create-key-role.ts'
import { dropKeyRole } from '../src/roles/drop-key-role.ts'
import { type RequestedGrants, resolveGrants } from '../src/roles/resolve-grants.ts'
import { newDatabaseName, newRoleName } from '../src/roles/role-name.ts'
import {
  type Account,
  defaultAccountSettings,
  insertAccount,
  updateAccountState,
} from '../src/store/accounts.ts'
import {
  type ApiKey,
  deleteApiKeyRow,
  insertApiKey,
  lockApiKey,
  updateApiKeyState,
} from '../src/store/api-keys.ts'
import { type Database, inTransaction } from '../src/store/database.ts'
import { findOrInsertServiceRoles } from '../src/store/group-roles.ts'
import { insertSecretKeys } from '../src/store/secret-keys.ts'
import { scramVerifier } from '../src/token/scram-verifier.ts'
import type { TestInstallation } from './installation.ts'

/**
 * Accounts and keys as far as roles and databases go, step by step as the commands make them, so
 * that a test can stop anywhere. No token, no envelope.
 */

/** Every role of the tests has this password. */
export const testPassword = 'test-password'

const limits = {
  connectionsPerRole: 10,
  statementTimeoutMs: 30_000,
  masterStatementTimeoutMs: 60_000,
  tempFileMegabytes: 100,
}

const noSecrets = {
  secretKeyId: 'test',
  tokenIndex: undefined,
  tokenEnvelope: undefined,
  passwordEnvelope: Buffer.alloc(0),
}

type World = Pick<TestInstallation, 'admin' | 'store'>

export function newAccount(admin: Admin, name = `test-${randomBytes(4).toString('hex')}`): Account {
  const now = new Date()
  return {
    id: randomUUID(),
    name,
    state: 'pending',
    database: newDatabaseName(admin.installationId, randomBytes),
    ownerRole: newRoleName(admin.installationId, randomBytes),
    publicRole: newRoleName(admin.installationId, randomBytes),
    createdAt: now,
    updatedAt: now,
    ...defaultAccountSettings,
  }
}

/** The rows of an account that nobody has worked on yet. */
export async function insertPendingAccount(store: Database, account: Account): Promise<void> {
  await insertSecretKeys(store, [noSecrets.secretKeyId])
  await inTransaction(store, async (transaction) => {
    await insertAccount(transaction, account)
    for (const [type, role] of [
      ['master', account.ownerRole],
      ['default', account.publicRole],
    ] as const) {
      await insertApiKey(transaction, newKey(account, { type, role, name: type }), noSecrets)
    }
  })
}

/** An account that is ready: two roles, a database, two keys. */
export async function createAccount({ admin, store }: World): Promise<Account> {
  const account = newAccount(admin)
  await insertPendingAccount(store, account)
  await createDatabaseOf(admin, account)
  await updateAccountState(store, account.id, 'active')
  await store.query(`update api_key set state = 'active' where account_id = $1`, [account.id])
  return { ...account, state: 'active' }
}

export async function createDatabaseOf(admin: Admin, account: Account): Promise<void> {
  const verifier = await scramVerifier(testPassword, randomBytes)
  await createAccountDatabase(admin, {
    ...account,
    ownerVerifier: verifier,
    publicVerifier: verifier,
    limits,
  })
}

export function newKey(account: Account, key: Partial<ApiKey> = {}): ApiKey {
  return {
    id: randomUUID(),
    accountId: account.id,
    name: randomUUID(),
    type: 'regular',
    state: 'pending',
    role: '',
    grants: {
      apis: ['sql'],
      mayWrite: true,
      tableMetadata: false,
      services: [],
      userData: [],
      datasets: [],
    },
    description: null,
    expiresAt: null,
    createdAt: account.createdAt,
    updatedAt: account.updatedAt,
    ...key,
  }
}

/** The row of a key whose role is not made yet. */
export async function insertPendingKey({ admin, store }: World, account: Account): Promise<ApiKey> {
  const key = newKey(account, { role: newRoleName(admin.installationId, randomBytes) })
  await insertApiKey(store, key, noSecrets)
  return key
}

/** The role of a pending key; the key stays pending. */
export async function createRoleOf(
  { admin, store }: World,
  account: Account,
  key: ApiKey,
  grants: Partial<RequestedGrants> & { readonly services?: readonly string[] },
): Promise<void> {
  const resolved = await resolveGrants(admin, {
    ...account,
    tables: grants.tables ?? [],
    schemas: grants.schemas ?? [],
  })
  if (!resolved.ok) throw new Error(resolved.message)
  const services = await findOrInsertServiceRoles(store, account.id, grants.services ?? [], () =>
    newRoleName(admin.installationId, randomBytes),
  )
  const verifier = await scramVerifier(testPassword, randomBytes)
  await inTransaction(store, async (transaction) => {
    await lockApiKey(transaction, key.id)
    await createKeyRole(admin, transaction, {
      ...account,
      accountId: account.id,
      apiKeyId: key.id,
      role: key.role,
      verifier,
      resolved: resolved.resolved,
      services,
      connectionLimit: 5,
      mayWrite: key.grants.mayWrite,
      expiresAt: key.expiresAt,
    })
  })
}

/** A key that works. */
export async function createKey(
  world: World,
  account: Account,
  grants: Parameters<typeof createRoleOf>[3],
): Promise<ApiKey> {
  const key = await insertPendingKey(world, account)
  await createRoleOf(world, account, key, grants)
  await updateApiKeyState(world.store, key.id, 'active')
  return { ...key, state: 'active' }
}

export async function deleteKey(
  { admin, store }: World,
  account: Account,
  key: ApiKey,
): Promise<void> {
  await updateApiKeyState(store, key.id, 'deleting')
  await dropKeyRole(admin, { ...account, role: key.role })
  await deleteApiKeyRow(store, key.id)
}

/** A table grant in the words of the Auth API, on the schema `public`. */
export function table(
  name: string,
  ...permissions: RequestedGrants['tables'][number]['permissions']
): RequestedGrants['tables'][number] {
  return { schema: 'public', name, permissions }
}

/** Runs statements in one session that logged in as the role, and returns the rows of the last. */
export async function runAs(
  { address }: Pick<TestInstallation, 'address'>,
  login: { readonly database: string; readonly role: string },
  ...statements: readonly string[]
): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({
    ...address,
    ssl: false,
    database: login.database,
    user: login.role,
    password: testPassword,
  })
  // A session that PostgreSQL ends is for the query in flight to report.
  client.on('error', () => {})
  await client.connect()
  try {
    let rows: Record<string, unknown>[] = []
    for (const statement of statements) rows = (await client.query(statement)).rows
    return rows
  } finally {
    await client.end()
  }
}
