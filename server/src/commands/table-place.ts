import type { Manager } from '../credential/manager.ts'
import { AccessError } from '../errors.ts'
import { splitName } from '../policy/split-name.ts'
import {
  findTable,
  type TableColumn,
  type TablePlace,
  type TableSummary,
} from '../roles/list-tables.ts'
import { type Account, findAccountById } from '../store/accounts.ts'
import type { Connection } from '../store/connections.ts'
import { getConnectionPlace } from './connection-place.ts'
import type { CommandContext } from './context.ts'
import { getConnectionOf } from './get-connection.ts'

type PlaceContext = Pick<CommandContext, 'store' | 'admin' | 'servers'>

/** Where the tables of a connection are, and whose they are. */
export type OpenedPlace = {
  readonly account: Account
  readonly connection: Connection
  readonly place: TablePlace
}

export type TableInList = TableSummary

export type TableDescription = TableSummary & { readonly columns: readonly TableColumn[] }

/** A table or view that the account's owner, or the registered role, may read. */
export type OpenedTable = OpenedPlace & { readonly table: TableDescription }

const ownPostgisSchema = 'postgis'

/** Throws connection_not_found, server_unreachable, server_refused. */
export async function getTablePlace(
  context: PlaceContext,
  { accountId }: Pick<Manager, 'accountId'>,
  connectionName: string,
): Promise<OpenedPlace> {
  const connection = await getConnectionOf(context, { accountId }, connectionName)
  const account = await findAccountById(context.store, accountId)
  if (account?.state !== 'active') throw new AccessError('connection_not_found')
  const place = await getConnectionPlace(context, account, connection)
  return {
    account,
    connection,
    place: {
      ...place,
      postgisSchema: connection.facts?.postgisSchema ?? ownPostgisSchema,
      publicRole: connection.isDefault ? account.publicRole : undefined,
    },
  }
}

/** A table by its dotted name. Throws as getTablePlace does, and resource_not_found. */
export async function getTable(
  context: PlaceContext,
  manager: Pick<Manager, 'accountId'>,
  connectionName: string,
  dottedName: string,
): Promise<OpenedTable> {
  const opened = await getTablePlace(context, manager, connectionName)
  const parts = splitName(dottedName)
  const [schema, name] = parts ?? []
  const table =
    parts?.length === 2 && schema !== undefined && name !== undefined
      ? await findTable(opened.place, { schema, name })
      : undefined
  if (table === undefined) throw new AccessError('resource_not_found')
  return { ...opened, table }
}
