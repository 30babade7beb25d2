import { randomBytes, randomUUID } from 'node:crypto'
import type { CommandContext } from '../src/commands/context.ts'
import { auditOperator } from '../src/credential/audit-actor.ts'
import type { Manager } from '../src/credential/manager.ts'
import { createRevoker } from '../src/revocation/revoke.ts'
import { createRegisteredServers } from '../src/roles/registered-servers.ts'
import { insertSecretKeys } from '../src/store/secret-keys.ts'
import { newRingKey } from '../src/token/key-ring.ts'
import { createPasswords } from '../src/token/passwords.ts'
import { createAccount } from './account.ts'
import type { TestInstallation } from './installation.ts'

/** What commands work with, on a test's installation; servers may be registered on this machine. */
export async function createTestContext(
  installation: TestInstallation,
): Promise<CommandContext & { close(): Promise<void> }> {
  const { store, admin } = installation
  const key = newRingKey(randomBytes)
  await insertSecretKeys(store, [key.id])
  const keyRing = () => ({ current: key, keys: [key] })
  const servers = createRegisteredServers({
    store,
    admin,
    keyRing,
    networks: ['127.0.0.1'],
    lookUp: async () => ['127.0.0.1'],
    onIdleError: () => {},
  })
  return {
    store,
    admin,
    servers,
    keyRing,
    revoker: createRevoker({ store }),
    now: () => new Date(),
    randomBytes,
    passwords: createPasswords(),
    observe: () => {},
    limits: {
      connectionsPerRole: 5,
      creatingKeysPerAccount: 10,
      tablesPerKey: 10,
      statementTimeoutMs: 10_000,
      masterStatementTimeoutMs: 10_000,
      tempFileMegabytes: 10,
    },
    close: () => servers.close(),
  }
}

/** An account, and a manager of it in its owner's name. */
export async function createTestManager(installation: TestInstallation): Promise<Manager> {
  const account = await createAccount(installation)
  const userId = randomUUID()
  await installation.store.query(
    `insert into account_user (id, account_id, name, level, password_hash, created_at, updated_at)
     values ($1, $2, $3, 'owner', '', now(), now())`,
    [userId, account.id, userId],
  )
  return {
    accountId: account.id,
    accountName: account.name,
    userId,
    level: 'owner',
    scopes: 'all',
    via: 'master_key',
    isConfirmed: true,
    actor: auditOperator(account.id),
    mustStillHold: async () => {},
  }
}
