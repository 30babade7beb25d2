import { AccessError } from '../errors.ts'
import { findAccountById } from '../store/accounts.ts'
import {
  countConnectionUses,
  deleteConnectionRow,
  isRegistered,
  listRolesOn,
  lockConnection,
  type RegisteredConnection,
} from '../store/connections.ts'
import { inRetriedTransaction, type Queryable, sqlstateOf, sqlstates } from '../store/database.ts'
import { handOverGroupRoles } from '../store/group-roles.ts'
import { recordAudit } from '../store/record-audit.ts'
import type { CommandContext } from './context.ts'
import { prepareDropOnServer } from './drop-roles-on-server.ts'
import { getConnectionOf } from './get-connection.ts'
import { moveConnectionUses } from './move-connection-uses.ts'
import type { ActingManager } from './operator.ts'
import { invalid } from './parse-connection.ts'

/**
 * Forgets a registered server, and drops the roles that Postern made on it as far as it can be
 * reached. Nothing in its databases is touched.
 * Throws connection_not_found, invalid_connection for the account's own database, and
 * connection_in_use while access tokens or named sources name it. With a target, these name that one
 * from then on.
 */
export async function deleteConnection(
  context: CommandContext,
  manager: ActingManager,
  nameOrId: string,
  targetNameOrId?: string,
): Promise<void> {
  const connection = await getConnectionOf(context, manager, nameOrId)
  if (!isRegistered(connection)) throw invalid("The account's own database cannot be deleted")
  if (targetNameOrId !== undefined) {
    const target = await getConnectionOf(context, manager, targetNameOrId)
    const account = await findAccountById(context.store, manager.accountId)
    if (account === undefined) throw new AccessError('connection_not_found')
    await moveConnectionUses(context, manager, account, connection, target)
  }
  // While there still is a password to log in with.
  const drop = await prepareDropOnServer(context, connection.id)
  const roles = await inRetriedTransaction(context.store, async (transaction) => {
    await manager.mustStillHold(transaction)
    await lockConnection(transaction, connection.id)
    await mustBeUnused(transaction, connection)
    await handOverGroupRoles(transaction, connection.id)
    const left = await listRolesOn(transaction, connection.id)
    await deleteConnectionRow(transaction, connection.id)
    await recordAudit(transaction, {
      actor: manager.actor,
      action: 'connection.delete',
      target: connection,
      ...(targetNameOrId !== undefined && { details: { uses_moved_to: targetNameOrId } }),
    })
    return left
  }).catch((error: unknown) => {
    // A token or a named source was made in the meantime.
    throw sqlstateOf(error) === sqlstates.foreignKeyViolation ? inUse() : error
  })
  await drop(roles)
}

async function mustBeUnused(store: Queryable, { id }: RegisteredConnection): Promise<void> {
  const { tokens, namedSources } = await countConnectionUses(store, id)
  if (tokens + namedSources > 0) throw inUse(tokens, namedSources)
}

function inUse(tokens?: number, namedSources?: number): AccessError {
  const by =
    tokens === undefined ? '' : ` by ${tokens} access tokens and ${namedSources} named sources`
  return new AccessError('connection_in_use', {
    message: `The connection is in use${by}: name another as targetConnectionId, or delete those first`,
  })
}
