import { randomUUID } from 'node:crypto'
import { auditActorOf, type Caller } from '../credential/audit-actor.ts'
import { AccessError } from '../errors.ts'
import { grantsMayWrite } from '../policy/grants.ts'
import { parseGrants } from '../policy/parse-grants.ts'
import { parseKeyDetails } from '../policy/parse-key-details.ts'
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
  lockApiKey,
  updateApiKeyState,
} from '../store/api-keys.ts'
import { inTransaction, sqlstateOf, sqlstates } from '../store/database.ts'
import { findOrInsertServiceRoles } from '../store/group-roles.ts'
import { recordAudit } from '../store/record-audit.ts'
import { scramVerifier } from '../token/scram-verifier.ts'
import { mintToken } from '../token/token.ts'
import { newRolePassword, sealApiKeySecrets } from './api-key-secrets.ts'
import { auditOfGrants } from './audit-details.ts'
import type { CommandContext } from './context.ts'
import { insertWithinQuota } from './insert-within-quota.ts'
import { mustStillHold } from './must-still-hold.ts'
import { type ApiKeyView, viewApiKeys } from './view-api-keys.ts'

/**
 * Makes a regular key that holds what `grants` say and nothing more. When it resolves the key works.
 * A crash half-way leaves a row in state `pending`, which no request can use and the reconciler
 * clears away.
 * Throws invalid_grants with the sentences of the Auth API's contract, key_quota_reached.
 */
export async function createApiKey(
  context: CommandContext,
  caller: Caller,
  request: {
    readonly name: unknown
    readonly grants: unknown
    readonly description?: unknown
    readonly expiresAt?: unknown
  },
): Promise<ApiKeyView> {
  const { store, admin, randomBytes, limits } = context
  const account = await findAccountById(store, caller.accountId)
  if (account === undefined) throw new AccessError('invalid_credential')

  const isTaken =
    typeof request.name === 'string' &&
    isStorableText(request.name) &&
    (await findApiKeyByName(store, account.id, request.name)) !== undefined
  const nameMessages = validateKeyName(request.name, { isTaken })
  const parsed = parseGrants(request.grants)
  const now = context.now()
  const { description, expiresAt } = request
  const said = parseKeyDetails({ description, expiresAt }, now)
  const messages = [
    ...nameMessages,
    ...(parsed.ok || parsed.refusedBy === 'saving' ? [] : parsed.messages),
    ...(said.ok ? [] : said.messages),
  ]
  if (messages.length > 0 || !said.ok || typeof request.name !== 'string') throw invalid(messages)
  if (!parsed.ok) {
    throw new AccessError('invalid_grants', { message: parsed.messages.join(', ') })
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
    throw new AccessError('key_quota_reached', {
      facts: { detail: `At most ${limits.creatingKeysPerAccount} keys may create tables.` },
    })
  }

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
    ...said.details,
    createdAt: now,
    updatedAt: now,
  }
  const seal = () => sealApiKeySecrets(context.keyRing(), key.id, { token, password }, randomBytes)
  await insertWithinQuota(store, key, seal).catch((error: unknown) => {
    if (sqlstateOf(error) !== sqlstates.uniqueViolation) throw error
    throw invalid(['Name has already been taken'])
  })
  try {
    const services = await findOrInsertServiceRoles(store, account.id, grants.services, () =>
      newRoleName(admin.installationId, randomBytes),
    )
    await inTransaction(store, async (transaction) => {
      // Held while the role is made: it tells the reconciler that this row has a living maker.
      if ((await lockApiKey(transaction, key.id)) === undefined) {
        throw new Error('The row of a new API key was taken for an abandoned one.')
      }
      await mustStillHold(transaction, caller)
      await createKeyRole(admin, transaction, {
        accountId: account.id,
        apiKeyId: key.id,
        database: account.database,
        role: key.role,
        verifier: await scramVerifier(password, randomBytes),
        ownerRole: account.ownerRole,
        publicRole: account.publicRole,
        resolved: resolved.resolved,
        services,
        connectionLimit: limits.connectionsPerRole,
        mayWrite: key.grants.mayWrite,
        expiresAt: key.expiresAt,
      })
      await updateApiKeyState(transaction, key.id, 'active')
      await recordAudit(transaction, {
        actor: auditActorOf(caller),
        action: 'api_key.create',
        target: key,
        details: auditOfGrants(grants, key.expiresAt),
      })
    })
  } catch (error) {
    // Nothing of it was ever usable. If the store is away now, the reconciler does this later.
    await deleteApiKeyRow(store, key.id).catch(() => {})
    throw error
  }
  context.observe({ event: 'api_key_created', credentialId: key.id })
  const [view] = await viewApiKeys(context, account, [{ ...key, state: 'active', token }])
  if (view === undefined) throw new Error('A key that was just made cannot be shown.')
  return view
}

function invalid(messages: readonly string[]): AccessError {
  return new AccessError('invalid_grants', {
    message: `Validation failed: ${messages.join(', ')}`,
  })
}
