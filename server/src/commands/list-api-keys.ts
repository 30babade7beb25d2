import { type ApiKeyType, holdsKey, type Principal } from '../credential/principal.ts'
import { AccessError } from '../errors.ts'
import { isStorableText } from '../policy/storable-text.ts'
import { findAccountById } from '../store/accounts.ts'
import {
  type ApiKeyOrder,
  countApiKeys,
  findApiKeyByName,
  listApiKeys as listApiKeyRows,
} from '../store/api-keys.ts'
import type { CommandContext } from './context.ts'
import { type ApiKeyView, openApiKeys, viewApiKeys } from './view-api-keys.ts'

type ReadContext = Pick<CommandContext, 'store' | 'admin' | 'keyRing'>

/**
 * One page of the keys that `principal` may see: all of the account's with the master key, only
 * itself with any other.
 */
export async function listApiKeys(
  context: ReadContext,
  principal: Principal,
  page: {
    readonly types: readonly ApiKeyType[]
    readonly order: ApiKeyOrder
    readonly limit: number
    readonly offset: number
  },
): Promise<{ total: number; keys: ApiKeyView[] }> {
  const account = await findAccountById(context.store, principal.accountId)
  if (account === undefined) throw new AccessError('invalid_credential')
  if (principal.kind !== 'master') {
    const visible = holdsKey(principal) && page.types.includes(principal.kind)
    const own = visible ? await getApiKey(context, principal, principal.credentialName) : undefined
    const keys = own !== undefined && page.offset === 0 ? [own] : []
    return { total: own === undefined ? 0 : 1, keys }
  }
  const total = await countApiKeys(context.store, account.id, page.types)
  const rows = await listApiKeyRows(context.store, { accountId: account.id, ...page })
  const opened = openApiKeys(context.keyRing(), rows)
  return { total, keys: await viewApiKeys(context, account, opened) }
}

/** One key by its name. Throws api_key_not_found for a key that is absent or another's alike. */
export async function getApiKey(
  context: ReadContext,
  principal: Principal,
  name: string,
): Promise<ApiKeyView> {
  // No key can have such a name, and PostgreSQL would refuse to look for it.
  if (!isStorableText(name)) throw apiKeyNotFound(name)
  const account = await findAccountById(context.store, principal.accountId)
  const key =
    account === undefined ? undefined : await findApiKeyByName(context.store, account.id, name)
  const isVisible = principal.kind === 'master' || key?.id === principal.credentialId
  const [view] =
    account === undefined || key === undefined || !isVisible
      ? []
      : await viewApiKeys(context, account, openApiKeys(context.keyRing(), [key]))
  if (view === undefined) throw apiKeyNotFound(name)
  return view
}

export function apiKeyNotFound(name: string): AccessError {
  return new AccessError('api_key_not_found', { message: `API key not found: ${name}` })
}
