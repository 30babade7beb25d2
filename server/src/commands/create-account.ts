import { randomUUID } from 'node:crypto'
import { AccessError } from '../errors.ts'
import { accountNamePattern } from '../policy/account-name.ts'
import { createAccountDatabase } from '../roles/account-database.ts'
import { newDatabaseName, newRoleName } from '../roles/role-name.ts'
import { insertAccountUser } from '../store/account-users.ts'
import {
  type Account,
  defaultAccountSettings,
  insertAccount,
  lockAccount,
  updateAccountState,
} from '../store/accounts.ts'
import { type ApiKey, insertApiKey, updateApiKeyState } from '../store/api-keys.ts'
import { inRetriedTransaction, inTransaction, sqlstateOf, sqlstates } from '../store/database.ts'
import { recordAudit } from '../store/record-audit.ts'
import { randomBase62 } from '../token/base62.ts'
import { scramVerifier } from '../token/scram-verifier.ts'
import { mintToken } from '../token/token.ts'
import { newRolePassword, sealApiKeySecrets } from './api-key-secrets.ts'
import type { CommandContext } from './context.ts'

/** What is told once, when an account is made. */
export type CreatedAccount = {
  readonly account: Account
  readonly masterToken: string
  /** The password of the account's owner, who is called like the account. */
  readonly password: string
}

/**
 * Makes an account: its database, its owner and public roles, its master key, its default public
 * key and its owner. A crash half-way leaves rows in state `pending`, which no request can use and
 * the reconciler clears away.
 * Throws invalid_account_name or account_name_taken.
 */
export async function createAccount(
  context: CommandContext,
  name: string,
  options: { readonly id?: string; readonly by?: 'operator' | 'system' } = {},
): Promise<CreatedAccount> {
  if (!accountNamePattern.test(name)) {
    throw new AccessError('invalid_account_name', {
      message:
        'An account name has 1 to 63 lower-case letters, digits and hyphens, and neither begins nor ends with a hyphen.',
    })
  }
  const { store, admin, randomBytes } = context
  const { id = randomUUID(), by = 'operator' } = options
  const now = context.now()
  const account: Account = {
    id,
    name,
    state: 'pending',
    database: newDatabaseName(admin.installationId, randomBytes),
    ownerRole: newRoleName(admin.installationId, randomBytes),
    publicRole: newRoleName(admin.installationId, randomBytes),
    createdAt: now,
    updatedAt: now,
    ...defaultAccountSettings,
  }
  const password = randomBase62(24, randomBytes)
  const masterToken = mintToken('master', randomBytes)
  const ownerPassword = newRolePassword(randomBytes)
  const publicPassword = newRolePassword(randomBytes)
  const master = builtinKey(account, 'master')
  const defaultPublic = builtinKey(account, 'default')
  const passwordHash = await context.passwords.hash(password)

  await inRetriedTransaction(store, async (transaction) => {
    await insertAccount(transaction, account)
    await insertApiKey(
      transaction,
      master,
      sealApiKeySecrets(
        context.keyRing(),
        master.id,
        { token: masterToken, password: ownerPassword },
        randomBytes,
      ),
    )
    await insertApiKey(
      transaction,
      defaultPublic,
      sealApiKeySecrets(
        context.keyRing(),
        defaultPublic.id,
        { token: undefined, password: publicPassword },
        randomBytes,
      ),
    )
    await insertAccountUser(transaction, {
      id: randomUUID(),
      accountId: account.id,
      name,
      email: null,
      level: 'owner',
      passwordHash,
      createdAt: now,
      updatedAt: now,
    })
  }).catch((error: unknown) => {
    if (sqlstateOf(error) !== sqlstates.uniqueViolation) throw error
    throw new AccessError('account_name_taken', {
      message: `There is already an account called '${name}'.`,
      cause: error,
    })
  })

  await inTransaction(store, async (transaction) => {
    // Held while the database is made: it tells the reconciler that this row has a living maker.
    await lockAccount(transaction, account.id)
    await createAccountDatabase(admin, {
      name: account.name,
      database: account.database,
      ownerRole: account.ownerRole,
      publicRole: account.publicRole,
      ownerVerifier: await scramVerifier(ownerPassword, randomBytes),
      publicVerifier: await scramVerifier(publicPassword, randomBytes),
      limits: context.limits,
    })
    await updateApiKeyState(transaction, master.id, 'active')
    await updateApiKeyState(transaction, defaultPublic.id, 'active')
    await updateAccountState(transaction, account.id, 'active')
    await recordAudit(transaction, {
      actor: { kind: by, accountId: account.id },
      action: 'account.create',
      target: account,
    })
  })
  context.observe({ event: 'account_created', account: name })
  return { account: { ...account, state: 'active' }, masterToken, password }
}

function builtinKey(account: Account, type: 'master' | 'default'): ApiKey {
  return {
    id: randomUUID(),
    accountId: account.id,
    name: type === 'master' ? 'Master' : 'Default public',
    type,
    state: 'pending',
    role: type === 'master' ? account.ownerRole : account.publicRole,
    grants: {
      apis: ['sql', 'maps'],
      mayWrite: type === 'master',
      // A word that only regular keys are shown with; the master key sees all tables anyway.
      tableMetadata: false,
      services: type === 'master' ? ['geocoding', 'routing', 'isolines', 'observatory'] : [],
      userData: type === 'master' ? ['profile'] : [],
      datasets: [],
    },
    description: null,
    expiresAt: null,
    createdAt: account.createdAt,
    updatedAt: account.updatedAt,
  }
}
