/**
 * The process that a test kills: creates and deletes API keys by the commands, several at a time,
 * and prints one line for each that is done. Lives until it is ended.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import type { CommandContext } from '../src/commands/context.ts'
import { createApiKey } from '../src/commands/create-api-key.ts'
import { deleteApiKey } from '../src/commands/delete-api-key.ts'
import type { Principal } from '../src/credential/principal.ts'
import { createRevoker } from '../src/revocation/revoke.ts'
import { openAdmin } from '../src/roles/admin.ts'
import { createRegisteredServers } from '../src/roles/registered-servers.ts'
import type { Account } from '../src/store/accounts.ts'
import { type DatabaseAddress, openDatabase } from '../src/store/database.ts'
import { insertSecretKeys } from '../src/store/secret-keys.ts'
import { newRingKey } from '../src/token/key-ring.ts'
import { createPasswords } from '../src/token/passwords.ts'

export type KeyProcessArguments = {
  readonly address: DatabaseAddress
  readonly storeAddress: DatabaseAddress
  readonly installationId: string
  readonly templateDatabase: string
  readonly account: Pick<Account, 'id' | 'name' | 'database' | 'ownerRole'>
}

const workers = 4

const given: KeyProcessArguments = JSON.parse(process.argv[3] ?? '')
const onIdleError = () => {}
const store = openDatabase(given.storeAddress, { max: 10, applicationName: 'keys', onIdleError })
const key = newRingKey(randomBytes)
await insertSecretKeys(store, [key.id])
const admin = await openAdmin({ ...given, onIdleError })
const keyRing = () => ({ current: key, keys: [key] })
const context: CommandContext = {
  store,
  admin,
  servers: createRegisteredServers({
    store,
    admin,
    keyRing,
    networks: [],
    lookUp: async () => [],
    onIdleError,
  }),
  keyRing,
  revoker: createRevoker({ store }),
  now: () => new Date(),
  randomBytes,
  passwords: createPasswords(),
  observe: () => {},
  limits: {
    connectionsPerRole: 5,
    creatingKeysPerAccount: 1_000,
    tablesPerKey: 500,
    statementTimeoutMs: 10_000,
    masterStatementTimeoutMs: 10_000,
    tempFileMegabytes: 10,
  },
}
/** The account's master key: made by the first of these processes, used by all. */
async function getMasterKey(): Promise<{ id: string; issuedAtMs: number }> {
  await store.query(
    `insert into api_key (id, account_id, name, type, state, role, grants, created_at, updated_at,
       secret_key_id, password_envelope)
     values ($1, $2, 'Master', 'master', 'active', $3, $4, $5, $5, $6, '')
     on conflict do nothing`,
    [
      randomUUID(),
      given.account.id,
      given.account.ownerRole,
      JSON.stringify({ apis: ['sql'], mayWrite: true }),
      new Date(),
      key.id,
    ],
  )
  const { rows } = await store.query<{ id: string; updatedAt: Date }>(
    `select id, updated_at as "updatedAt" from api_key where account_id = $1 and type = 'master'`,
    [given.account.id],
  )
  const [row] = rows
  if (row === undefined) throw new Error('The account has no master key.')
  return { id: row.id, issuedAtMs: row.updatedAt.getTime() }
}

const { id: credentialId, issuedAtMs } = await getMasterKey()
const master: Principal = {
  accountId: given.account.id,
  accountName: given.account.name,
  credentialId,
  issuedAtMs,
  credentialName: 'Master',
  kind: 'master',
  allowedApis: ['sql'],
  engineEnabled: true,
  expiresAtMs: undefined,
  database: given.account.database,
  role: given.account.ownerRole,
  mayWrite: true,
}
const verbs = ['select', 'insert', 'update', 'delete']

async function createAndDelete(worker: number): Promise<never> {
  for (let round = 0; ; round += 1) {
    const name = `${process.pid} ${worker} ${round}`
    const permissions = verbs.slice(0, 1 + ((worker + round) % verbs.length))
    const grants = [
      { type: 'apis', apis: ['sql'] },
      {
        type: 'database',
        tables: [{ schema: 'public', name: 'busy', permissions }],
        schemas: round % 3 === 0 ? [{ name: 'public', permissions: ['create'] }] : [],
      },
    ]
    await createApiKey(context, master, { name, grants })
    process.stdout.write('created\n')
    // Some stay: what was acknowledged must be there after the kill.
    if (round % 4 !== 0) await deleteApiKey(context, master, name)
  }
}

await Promise.all(Array.from({ length: workers }, (_, worker) => createAndDelete(worker)))
