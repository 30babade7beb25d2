import type { ApiKeyType } from '../credential/principal.ts'
import type { KeyReader } from '../policy/key-reader.ts'
import { readEffectiveGrants } from '../roles/effective-grants.ts'
import type { Account } from '../store/accounts.ts'
import type { ApiKey, ApiKeySecrets, StoredGrants } from '../store/api-keys.ts'
import { type CredentialUse, listUses } from '../store/usage.ts'
import type { KeyRing } from '../token/key-ring.ts'
import { defaultPublicToken } from '../token/token.ts'
import { openToken } from './api-key-secrets.ts'
import type { CommandContext } from './context.ts'

export type ViewedTable = {
  readonly schema: string
  readonly name: string
  readonly owner: boolean
  readonly permissions: readonly string[]
}

export type ViewedSchema = { readonly name: string; readonly permissions: readonly string[] }

/** A key with what its role holds right now, as somebody may see it. */
export type ApiKeyView = {
  readonly id: string
  readonly name: string
  readonly accountName: string
  readonly type: ApiKeyType
  /** Null for eyes that may not know it, and where it was shown once. */
  readonly token: string | null
  readonly grants: StoredGrants
  readonly tables: readonly ViewedTable[]
  readonly schemas: readonly ViewedSchema[]
  readonly description: string | null
  readonly expiresAt: Date | null
  readonly createdAt: Date
  readonly updatedAt: Date
  /** Undefined for a key that was never used. */
  readonly use: CredentialUse | undefined
}

/** A key with its token in clear; null for eyes that may not know it, and where it was shown once. */
export type OpenedApiKey = ApiKey & { readonly token: string | null }

/**
 * Opens the tokens of keys that `reader` may know. To be called as soon as the rows have arrived: what
 * they are sealed with may be retired at any time after.
 */
export function openApiKeys(
  ring: KeyRing,
  keys: readonly (ApiKey & ApiKeySecrets)[],
  reader: Pick<KeyReader, 'mayKnowToken'>,
): OpenedApiKey[] {
  const tokenOf = (key: ApiKey & ApiKeySecrets) =>
    key.type === 'default' ? defaultPublicToken : (openToken(ring, key.id, key) ?? null)
  return keys.map((key) => ({
    ...key,
    token: reader.mayKnowToken(key.type) ? tokenOf(key) : null,
  }))
}

/**
 * Shows keys of one account. Tables and schemas are read from the database and not from what was
 * once asked for: a renamed table shows its new name, a dropped one is gone.
 */
export async function viewApiKeys(
  context: Pick<CommandContext, 'store' | 'admin'>,
  account: Account,
  keys: readonly OpenedApiKey[],
): Promise<ApiKeyView[]> {
  const regularRoles = keys.filter((key) => key.type === 'regular').map((key) => key.role)
  const effective =
    regularRoles.length === 0
      ? new Map<string, { tables: ViewedTable[]; schemas: ViewedSchema[] }>()
      : await readEffectiveGrants(context.admin, {
          database: account.database,
          publicRole: account.publicRole,
          roles: regularRoles,
        })
  const uses = await listUses(
    context.store,
    'api_key',
    keys.map((key) => key.id),
  )
  return keys.map((key) => ({
    id: key.id,
    name: key.name,
    accountName: account.name,
    type: key.type,
    token: key.token,
    grants: key.grants,
    tables: effective.get(key.role)?.tables ?? [],
    schemas: effective.get(key.role)?.schemas ?? [],
    description: key.description,
    expiresAt: key.expiresAt,
    createdAt: key.createdAt,
    updatedAt: key.updatedAt,
    use: uses.get(key.id),
  }))
}
