import type { Manager } from '../credential/manager.ts'
import { type Api, dataApis } from '../credential/principal.ts'
import { AccessError } from '../errors.ts'
import { dataServices } from '../policy/grants-schema.ts'
import { isStorableText } from '../policy/storable-text.ts'
import {
  type GrantableTable,
  listCreatableSchemas,
  listGrantableTables as listTables,
} from '../roles/list-grantable-tables.ts'
import { type Account, findAccountById } from '../store/accounts.ts'
import type { CommandContext } from './context.ts'

type ReadContext = Pick<CommandContext, 'store' | 'admin'>

/** What a new key can be given beside tables. */
export type Grantable = {
  readonly apis: readonly Api[]
  /** Those in which it can be let make tables. */
  readonly schemas: readonly string[]
  readonly services: readonly string[]
}

/** What a manager can give a new key beside tables: what has a surface here, and schemas. */
export async function getGrantable(
  context: ReadContext,
  manager: Pick<Manager, 'accountId'>,
): Promise<Grantable> {
  const account = await getAccount(context, manager)
  const schemas = await listCreatableSchemas(context.admin, account)
  return { apis: dataApis, schemas, services: dataServices }
}

/** The tables and views that a manager can grant keys something on: a page of those that match. */
export async function listGrantableTables(
  context: ReadContext,
  manager: Pick<Manager, 'accountId'>,
  page: { readonly search: string; readonly limit: number; readonly offset: number },
): Promise<{ total: number; tables: GrantableTable[] }> {
  const account = await getAccount(context, manager)
  // Nothing can be called so, and PostgreSQL would refuse to look for it.
  if (!isStorableText(page.search)) return { total: 0, tables: [] }
  return listTables(context.admin, account, page)
}

async function getAccount(
  { store }: ReadContext,
  { accountId }: Pick<Manager, 'accountId'>,
): Promise<Account> {
  const account = await findAccountById(store, accountId)
  if (account?.state !== 'active') throw new AccessError('invalid_credential')
  return account
}
