import { AccessError } from '../errors.ts'
import type { Admin } from '../roles/admin.ts'
import type { Account } from '../store/accounts.ts'
import type { Connection } from '../store/connections.ts'
import type { CommandContext } from './context.ts'

/** Where the roles of an access token on one connection are made. */
export type TokenPlace = {
  readonly connection: Connection
  readonly admin: Admin
  readonly database: string
  /** Whose relations they can be let read. */
  readonly ownerRole: string
}

/** Throws not_offered for a connection to a registered server. */
export async function getTokenPlace(
  { admin }: Pick<CommandContext, 'admin'>,
  account: Account,
  connection: Connection,
): Promise<TokenPlace> {
  if (!connection.isDefault) {
    throw new AccessError('not_offered', {
      message: `Tokens cannot be granted anything on the connection ${connection.name} yet.`,
    })
  }
  return { connection, admin, database: account.database, ownerRole: account.ownerRole }
}
