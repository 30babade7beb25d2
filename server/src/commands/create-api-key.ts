import { randomUUID } from 'node:crypto'
import type { Principal } from '../credential/principal.ts'
import { AccessError } from '../errors.ts'
import { grantsMayWrite } from '../policy/grants.ts'
import { parseGrants } from '../policy/parse-grants.ts'
import { isStorableText } from '../policy/storable-text.ts'
import { validateKeyName } from '../policy/validate-key-name.ts'
import { createKeyRole } from '../roles/create-key-role.ts'
import { resolveGrants } from '../roles/resolve-grants.ts'
import { newRoleName } from '../roles/role-name.ts'
import { findAccountById } from '../store/accounts.ts'
import {
  type ApiKey,
  countCreatingApiKeys,
  deleteApiKeyRow,
  findApiKeyByName,
  insertApiKey,
  lockApiKey,
  updateApiKeyState,
} from '../store/api-keys.ts'
import { inTransaction, sqlstateOf, sqlstates } from '../store/database.ts'
import { scramVerifier } from '../token/scram-verifier.ts'
import { mintToken } from '../token/token.ts'
import { newRolePassword, sealApiKeySecrets } from './api-key-secrets.ts'
import type { CommandContext } from './context.ts'
import { mustStillHold } from './must-still-hold.ts'
import { type ApiKeyView, viewApiKeys } from './view-api-keys.ts'

/**
 * Makes a regular key that holds what `grants` say and nothing more. When it resolves the key works.
 * A crash half-way leaves a row in state `pending`, which no request can use and the reconciler
 * clears away.
 * Throws invalid_grants with the sentences of the Auth API's contract.
 */
export async function createApiKey(
  context: CommandContext,
  principal: Principal,
  request: { readonly name: unknown; readonly grants: unknown },
): Promise<ApiKeyView> {
  const { store, admin, randomBytes, limits } = context
  const account = await findAccountById(store, principal.accountId)
  if (account === undefined) throw new AccessError('invalid_credential')

  const isTaken =
    typeof request.name === 'string' &&
    isStorableText(request.name) &&
    (await findApiKeyByName(store, account.id, request.name)) !== undefined
  const nameMessages = validateKeyName(request.name, { isTaken })
  const parsed = parseGrants(request.grants)
  const failsToSave = !parsed.ok && parsed.refusedBy === 'saving'
  if (failsToSave && nameMessages.length === 0) {
    throw new AccessError('invalid_grants', { message: parsed.messages.join(', ') })
  }
  const messages = [...nameMessages, ...(parsed.ok || failsToSave ? [] : parsed.messages)]
  if (messages.length > 0 || !parsed.ok || typeof request.name !== 'string') {
    throw invalid(messages)
  }
  const { grants } = parsed
  if (grants.tables.length > limits.tablesPerKey) {
    throw invalid([`Grants can name at most ${limits.tablesPerKey} tables`])
  }
  const resolved = await resolveGrants(admin, {
    database: account.database,
    ownerRole: account.ownerRole,
    tables: grants.tables,
    schemas: grants.schemas,
  })
  if (!resolved.ok) throw invalid([`Grants ${resolved.message}`])
  const mayCreate = grants.schemas.some((schema) => schema.permissions.length > 0)
  if (
    mayCreate &&
    (await countCreatingApiKeys(store, account.id)) >= limits.creatingKeysPerAccount
  ) {
    throw new AccessError('invalid_grants', {
      status: 403,
      message: `You have reached the limit of API keys for your plan: at most ${limits.creatingKeysPerAccount} keys may create tables`,
    })
  }

  const now = context.now()
  const token = mintToken('regular', randomBytes)
  const password = newRolePassword(randomBytes)
  const key: ApiKey = {
    id: randomUUID(),
    accountId: account.id,
    name: request.name,
    type: 'regular',
    state: 'pending',
    role: newRoleName(admin.installationId, randomBytes),
    grants: {
      apis: grants.apis,
      mayWrite: grantsMayWrite(grants),
      tableMetadata: grants.tableMetadata,
      services: grants.services,
      userData: grants.userData,
      datasets: grants.datasets,
    },
    createdAt: now,
    updatedAt: now,
  }
  const secrets = sealApiKeySecrets(context.keyRing(), key.id, { token, password }, randomBytes)
  await insertApiKey(store, key, secrets).catch((error: unknown) => {
    if (sqlstateOf(error) !== sqlstates.uniqueViolation) throw error
    throw invalid(['Name has already been taken'])
  })
  try {
    await inTransaction(store, async (transaction) => {
      // Held while the role is made: it tells the reconciler that this row has a living maker.
      await lockApiKey(transaction, key.id)
      await mustStillHold(transaction, principal)
      await createKeyRole(admin, transaction, {
        accountId: account.id,
        apiKeyId: key.id,
        database: account.database,
        role: key.role,
        verifier: await scramVerifier(password, randomBytes),
        ownerRole: account.ownerRole,
        publicRole: account.publicRole,
        resolved: resolved.resolved,
        connectionLimit: limits.connectionsPerRole,
        mayWrite: key.grants.mayWrite,
      })
      await updateApiKeyState(transaction, key.id, 'active')
    })
  } catch (error) {
    // Nothing of it was ever usable. If the store is away now, the reconciler does this later.
    await deleteApiKeyRow(store, key.id).catch(() => {})
    throw error
  }
  context.observe({ event: 'api_key_created', credentialId: key.id })
  const [view] = await viewApiKeys(context, account, [{ ...key, state: 'active', ...secrets }])
  if (view === undefined) throw new Error('A key that was just made cannot be shown.')
  return view
}

function invalid(messages: readonly string[]): AccessError {
  return new AccessError('invalid_grants', {
    message: `Validation failed: ${messages.join(', ')}`,
  })
}
