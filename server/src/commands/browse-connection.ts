import type { Manager } from '../credential/manager.ts'
import { AccessError } from '../errors.ts'
import { splitName } from '../policy/split-name.ts'
import {
  type ColumnResource,
  findRelation,
  listRelations,
  listSchemas,
  type Page,
  type RelationResource,
} from '../roles/list-resources.ts'
import { findAccountById } from '../store/accounts.ts'
import { getConnectionPlace } from './connection-place.ts'
import type { CommandContext } from './context.ts'
import { getConnectionOf } from './get-connection.ts'

/** What is at a name: what contains others, a page of them; or a table or view. */
export type Resource =
  | {
      readonly kind: 'container'
      readonly children: readonly {
        /** To be asked for in its turn. */
        readonly id: string
        readonly name: string
        readonly type: 'schema' | 'table' | 'view' | 'tileset'
      }[]
      readonly total: number
    }
  | ({
      readonly kind: 'relation'
      readonly id: string
      readonly type: 'table' | 'view' | 'tileset'
    } & Pick<RelationResource, 'name' | 'rowEstimate' | 'bytes'> & {
        readonly columns: readonly ColumnResource[]
      })

/**
 * What a connection has at a dotted name: nothing named, its schemas; a schema, its tables and views;
 * a table, also with the name of the connection or its database in front. Only what the account's
 * owner, or the role that was registered, may use is there.
 * Throws connection_not_found, resource_not_found, server_unreachable.
 */
export async function browseConnection(
  context: CommandContext,
  manager: Pick<Manager, 'accountId'>,
  nameOrId: string,
  { path, page }: { readonly path: string; readonly page: Page },
): Promise<Resource> {
  const connection = await getConnectionOf(context, manager, nameOrId)
  const account = await findAccountById(context.store, manager.accountId)
  if (account === undefined) throw new AccessError('connection_not_found')
  const place = await getConnectionPlace(context, account, connection)
  const parts = path === '' ? [] : splitName(path)
  if (parts === undefined || parts.length > 3) throw new AccessError('resource_not_found')
  const isRooted = parts.length === 3
  if (isRooted && ![connection.name, place.database].includes(parts[0] ?? '')) {
    throw new AccessError('resource_not_found')
  }
  const [schema, name] = isRooted ? parts.slice(1) : parts

  if (schema === undefined) {
    const { total, schemas } = await listSchemas(place, page)
    const children = schemas.map((one) => ({ id: idOf([one]), name: one, type: 'schema' as const }))
    return { kind: 'container', children, total }
  }
  if (name === undefined) {
    const { total, relations } = await listRelations(place, schema, page)
    if (total === 0 && page.offset === 0) throw new AccessError('resource_not_found')
    const children = relations.map((one) => ({
      id: idOf([schema, one.name]),
      name: one.name,
      type: one.kind,
    }))
    return { kind: 'container', children, total }
  }
  const relation = await findRelation(place, { schema, name })
  if (relation === undefined) throw new AccessError('resource_not_found')
  const { rowEstimate, bytes, columns, kind: type } = relation
  return {
    kind: 'relation',
    id: idOf([schema, name]),
    name,
    type,
    rowEstimate,
    bytes,
    columns,
  }
}

/** Parts with a dot or a quote in them are quoted, so that the name can be taken apart again. */
function idOf(parts: readonly string[]): string {
  return parts
    .map((part) => (/["./]/.test(part) ? `"${part.replaceAll('"', '""')}"` : part))
    .join('.')
}
