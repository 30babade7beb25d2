import type { Admin } from '../roles/admin.ts'
import type { Account } from '../store/accounts.ts'
import { type Connection, isRegistered } from '../store/connections.ts'
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
  { servers }: Pick<CommandContext, 'servers'>,
  account: Account,
  connection: Connection,
): Promise<ConnectionPlace> {
  if (!isRegistered(connection)) {
    const { database, ownerRole } = account
    return { connection, admin: await servers.adminOf(undefined), database, ownerRole }
  }
  const { database, user } = connection.server
  return { connection, admin: await servers.adminOf(connection.id), database, ownerRole: user }
}
