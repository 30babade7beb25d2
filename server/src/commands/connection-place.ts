import type { Admin } from '../roles/admin.ts'
import type { Account } from '../store/accounts.ts'
import { type Connection, isRegistered } from '../store/connections.ts'
import type { GroupRoleScope } from '../store/group-roles.ts'
import type { CommandContext } from './context.ts'

/** Where what is granted on a connection is, and where roles for it are made. */
export type ConnectionPlace = {
  readonly connection: Connection
  readonly admin: Admin
  readonly database: string
  /** Whose relations can be granted: the account's owner role, or the role that was registered. */
  readonly ownerRole: string
}

/** Throws server_unreachable, server_refused. */
export async function getConnectionPlace(
  { admin, servers }: Pick<CommandContext, 'admin' | 'servers'>,
  account: Account,
  connection: Connection,
): Promise<ConnectionPlace> {
  if (!isRegistered(connection)) {
    return { connection, admin, database: account.database, ownerRole: account.ownerRole }
  }
  const { database, user } = connection.server
  return { connection, admin: await servers.adminOf(connection.id), database, ownerRole: user }
}

/** Whose group roles those on a connection are: the account's, on one server. */
export function scopeOf({ id, accountId, isDefault }: Connection): GroupRoleScope {
  return { accountId, connectionId: isDefault ? null : id }
}
