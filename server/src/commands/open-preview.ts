import type { Manager } from '../credential/manager.ts'
import { AccessError } from '../errors.ts'
import { listForeignCode } from '../roles/list-foreign-code.ts'
import type { SessionKey } from '../warehouse/sessions.ts'
import type { CommandContext } from './context.ts'
import { getTable, type OpenedTable } from './table-place.ts'

/** More functions than these are not named. */
const maxNamed = 3

/**
 * A table or view to be looked at under a session, and the role to log in as: the account's owner, or
 * the role that the server was registered with. Only our own SQL may run there, in READ ONLY sessions;
 * see docs/decisions for why this is safe with views of others.
 * Throws connection_not_found, resource_not_found, server_unreachable, server_refused, and
 * preview_refused for what would run functions of others.
 */
export async function openPreview(
  context: CommandContext,
  manager: Pick<Manager, 'accountId'>,
  connectionName: string,
  dottedName: string,
): Promise<OpenedTable & { readonly key: SessionKey }> {
  const opened = await getTable(context, manager, connectionName, dottedName)
  const { connection, place, table } = opened
  const { admin, database, ownerRole: role } = place
  const code = await listForeignCode(admin, { database, role, oid: table.oid })
  if (code.length > 0) {
    const named = code.slice(0, maxNamed).join(', ') + (code.length > maxNamed ? ' and others' : '')
    throw new AccessError('preview_refused', {
      message: `Reading this would run, with the rights of the owner, functions that somebody else has made or put there: ${named}. Look at it with a credential instead.`,
    })
  }
  const server = connection.isDefault ? {} : { server: connection.id }
  return { ...opened, key: { database, role, ...server } }
}
