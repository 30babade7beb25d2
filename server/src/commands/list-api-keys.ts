import type { ApiKeyType } from '../credential/principal.ts'
import { AccessError } from '../errors.ts'
import type { KeyReader } from '../policy/key-reader.ts'
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

/** One page of the keys that `reader` sees, with the tokens that they may know. */
export async function listApiKeys(
  context: ReadContext,
  reader: KeyReader,
  page: {
    readonly types: readonly ApiKeyType[]
    readonly order: ApiKeyOrder
    readonly limit: number
    readonly offset: number
  },
): Promise<{ total: number; keys: ApiKeyView[] }> {
  const account = await findAccountById(context.store, reader.accountId)
  if (account === undefined) throw new AccessError('invalid_credential')
  const { ownKey } = reader
  if (ownKey !== undefined) {
    const visible = page.types.includes(ownKey.type)
    const own = visible ? await getApiKey(context, reader, ownKey.name) : undefined
    const keys = own !== undefined && page.offset === 0 ? [own] : []
    return { total: own === undefined ? 0 : 1, keys }
  }
  const total = await countApiKeys(context.store, account.id, page.types)
  const rows = await listApiKeyRows(context.store, { accountId: account.id, ...page })
  const opened = openApiKeys(context.keyRing(), rows, reader)
  return { total, keys: await viewApiKeys(context, account, opened) }
}

/** One key by its name. Throws api_key_not_found for a key that is absent or another's alike. */
export async function getApiKey(
  context: ReadContext,
  reader: KeyReader,
  name: string,
): Promise<ApiKeyView> {
  // No key can have such a name, and PostgreSQL would refuse to look for it.
  if (!isStorableText(name)) throw apiKeyNotFound(name)
  const account = await findAccountById(context.store, reader.accountId)
  const key =
    account === undefined ? undefined : await findApiKeyByName(context.store, account.id, name)
  const isVisible = reader.ownKey === undefined || key?.id === reader.ownKey.id
  const [view] =
    account === undefined || key === undefined || !isVisible
      ? []
      : await viewApiKeys(context, account, openApiKeys(context.keyRing(), [key], reader))
  if (view === undefined) throw apiKeyNotFound(name)
  return view
}

export function apiKeyNotFound(name: string): AccessError {
  return new AccessError('api_key_not_found', { message: `API key not found: ${name}` })
}
