import { randomUUID } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { openPassword } from '../commands/api-key-secrets.ts'
import type { CommandContext } from '../commands/context.ts'
import { createAccount } from '../commands/create-account.ts'
import { deleteAccount } from '../commands/delete-account.ts'
import { findActiveAccount, listAccounts } from '../store/accounts.ts'
import { findRolePassword } from '../store/api-keys.ts'
import type { DatabaseAddress } from '../store/database.ts'
import { quoteIdentifier } from '../store/quote-identifier.ts'
import { replaceSecretFile } from '../token/secret-file.ts'
import { capitalsTable, loadDemoDataset, surveysTable } from './load-demo-dataset.ts'

export const demoAccountName = 'demo'
const credentialsFile = 'demo-credentials.json'
const markerFile = '.demo-unfinished'

/**
 * On a first start, when there is no account at all, makes the account `demo` with its dataset and
 * writes `demo-credentials.json` (mode 0600). A start that was interrupted half-way begins again.
 * Returns the path of the credentials, or undefined when there was nothing to do.
 */
export async function createDemoAccount(
  context: CommandContext,
  options: {
    readonly dataDir: string
    readonly address: DatabaseAddress
    readonly baseUrl: (account: string) => string
    readonly progress: (message: string) => void
  },
): Promise<string | undefined> {
  const { dataDir, progress } = options
  const marker = join(dataDir, markerFile)
  if (await exists(marker)) {
    // Only what the interrupted start made itself: the name may have been used since.
    const account = await findActiveAccount(context.store, demoAccountName)
    if (account !== undefined && account.id === (await readFile(marker, 'utf8'))) {
      await deleteAccount(context, demoAccountName, 'system')
    } else if (account !== undefined) {
      await rm(marker)
      return undefined
    }
  } else if ((await listAccounts(context.store, ['active', 'deleting'])).length > 0) {
    return undefined
  }
  progress('Making the account "demo" with the world\'s capitals.')
  const id = randomUUID()
  await writeFile(marker, id)
  const { account, masterToken, password } = await createAccount(context, demoAccountName, {
    id,
    by: 'system',
  })
  await loadAsOwner(context, options.address, account)

  const path = join(dataDir, credentialsFile)
  const credentials = {
    account: account.name,
    base_url: options.baseUrl(account.name),
    master_key: masterToken,
    password,
  }
  await replaceSecretFile(path, `${JSON.stringify(credentials, null, 2)}\n`)
  await rm(marker)
  return path
}

/** Loads the dataset as the role that the master key logs in as, so that the owner owns it. */
async function loadAsOwner(
  context: CommandContext,
  address: DatabaseAddress,
  account: { readonly database: string; readonly ownerRole: string; readonly publicRole: string },
): Promise<void> {
  const sealed = await findRolePassword(context.store, account.ownerRole)
  if (sealed === undefined) throw new Error('The demo account has no master key.')
  const client = new pg.Client({
    ...address,
    ssl: address.ssl ?? false,
    database: account.database,
    user: account.ownerRole,
    password: openPassword(context.keyRing(), sealed.apiKeyId, sealed),
  })
  await client.connect()
  try {
    await loadDemoDataset(client)
    // Both are as it would make them: what is left to do is to record changes.
    for (const table of [capitalsTable, surveysTable]) {
      await client.query('select cartodb.cdb_cartodbfytable($1, $2)', ['public', table])
    }
    await client.query(
      `grant select on table public.${quoteIdentifier(capitalsTable)}
       to ${quoteIdentifier(account.publicRole)}`,
    )
  } finally {
    await client.end()
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await readFile(path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
