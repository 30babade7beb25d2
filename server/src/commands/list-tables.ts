import type { Manager } from '../credential/manager.ts'
import { isStorableText } from '../policy/storable-text.ts'
import type { Page } from '../roles/list-resources.ts'
import { listTableSchemas, listTables, type TableSummary } from '../roles/list-tables.ts'
import type { CommandContext } from './context.ts'
import { getTablePlace } from './table-place.ts'

/**
 * A page of the tables and views of a connection that hold `search` in `schema.name`, how many there
 * are of them, and the schemas of all of them.
 * Throws connection_not_found, server_unreachable, server_refused.
 */
export async function listTablesOf(
  context: CommandContext,
  manager: Pick<Manager, 'accountId'>,
  connectionName: string,
  asked: { readonly search: string; readonly schema: string | undefined; readonly page: Page },
): Promise<{
  readonly tables: readonly TableSummary[]
  readonly total: number
  readonly schemas: readonly { readonly name: string; readonly tables: number }[]
}> {
  const { place } = await getTablePlace(context, manager, connectionName)
  const schemas = await listTableSchemas(place)
  // What PostgreSQL cannot hold is in no name.
  if (!isStorableText(`${asked.search}${asked.schema ?? ''}`)) {
    return { tables: [], total: 0, schemas }
  }
  return { ...(await listTables(place, asked)), schemas }
}
