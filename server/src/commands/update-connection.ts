import { AccessError } from '../errors.ts'
import { openConnectionPassword, sealConnectionPassword } from '../roles/connection-password.ts'
import {
  type ConnectionSecret,
  countConnectionUses,
  findRegisteredConnection,
  isRegistered,
  lockConnection,
  type RegisteredConnection,
  updateConnection as updateRow,
} from '../store/connections.ts'
import { type Queryable, sqlstateOf, sqlstates } from '../store/database.ts'
import { recordAudit } from '../store/record-audit.ts'
import { auditOfServer } from './audit-details.ts'
import { checkConnection, isProblem } from './check-connection.ts'
import type { CommandContext } from './context.ts'
import { nameTaken, notReady } from './create-connection.ts'
import { getConnectionOf } from './get-connection.ts'
import type { ActingManager } from './operator.ts'
import {
  type ConnectionRequest,
  completeServer,
  invalid,
  parseConnection,
} from './parse-connection.ts'
import { type ConnectionView, viewConnection } from './view-connection.ts'

/**
 * Changes a connection's name or how its server is reached; what is absent stays. The server is looked
 * at anew. Where roles of tokens are, it must be the same database as before.
 * Throws connection_not_found, invalid_connection, connection_in_use, server_unreachable,
 * server_refused, server_not_ready.
 */
export async function updateConnection(
  context: CommandContext,
  manager: ActingManager,
  nameOrId: string,
  body: unknown,
): Promise<ConnectionView> {
  const request = parseConnection(body)
  const found = await getConnectionOf(context, manager, nameOrId)
  const before = isRegistered(found)
    ? await findRegisteredConnection(context.store, found.id)
    : undefined
  if (before === undefined) throw invalid("The account's own database cannot be changed")
  const after = await change(context, before, request)
  // Nothing ends, but what nodes remember of the account's tokens names the connection.
  const receipt = await context.revoker
    .revoke(
      { kind: 'account_settings', accountId: manager.accountId, credentialId: null, roles: [] },
      async (transaction) => {
        await manager.mustStillHold(transaction)
        if (!(await lockConnection(transaction, before.id))) {
          throw new AccessError('connection_not_found')
        }
        await mustBeSamePlace(transaction, before, after.connection)
        const isChanged = await updateRow(transaction, before, after.connection, after.secret)
        if (isChanged) {
          await recordAudit(transaction, {
            actor: manager.actor,
            action: 'connection.update',
            target: after.connection,
            details: {
              ...auditOfServer(after.connection.server),
              name_before: before.name,
              password: request.password === undefined ? 'kept' : 'changed',
            },
          })
        }
        return isChanged
      },
    )
    .catch((error: unknown) => {
      throw sqlstateOf(error) === sqlstates.uniqueViolation ? nameTaken() : error
    })
  if (receipt === undefined) {
    throw new AccessError('connection_in_use', {
      message: 'The connection was changed by somebody else meanwhile. Look at it and try again.',
    })
  }
  return viewConnection({ id: manager.accountId }, after.connection)
}

async function change(
  context: CommandContext,
  before: RegisteredConnection & ConnectionSecret,
  { name = before.name, server: said, password: newPassword }: ConnectionRequest,
): Promise<{ connection: RegisteredConnection; secret: ConnectionSecret }> {
  const updatedAt = context.now()
  if (newPassword === undefined && Object.keys(said).length === 0) {
    return { connection: { ...before, name, updatedAt }, secret: before }
  }
  const server = completeServer(said, before.server)
  // Whoever may edit must not learn a password that they did not give, from a server of their own.
  const isElsewhere = server.host !== before.server.host || server.port !== before.server.port
  const isWeaker = server.tls !== before.server.tls || server.ca !== before.server.ca
  if (newPassword === undefined && (isElsewhere || isWeaker)) {
    throw invalid('config.password must be given again with another host, port, tls or ca')
  }
  const password = newPassword ?? openConnectionPassword(context.keyRing(), before.id, before)
  const { findings, facts } = await checkConnection(context, server, password)
  if (facts === undefined || findings.some(isProblem)) throw notReady(findings)
  return {
    connection: { ...before, name, server, facts, updatedAt },
    secret: sealConnectionPassword(context.keyRing(), before.id, password, context.randomBytes),
  }
}

/** The roles of tokens are where they were made, and what was granted was there. */
async function mustBeSamePlace(
  transaction: Queryable,
  before: RegisteredConnection,
  after: RegisteredConnection,
): Promise<void> {
  const isSame =
    before.facts.systemIdentifier === after.facts.systemIdentifier &&
    before.server.database === after.server.database
  if (isSame) return
  const { tokens } = await countConnectionUses(transaction, before.id)
  if (tokens === 0) return
  throw new AccessError('connection_in_use', {
    message: `This is another database, and ${tokens} access tokens have roles in the one before: register it as a connection of its own`,
  })
}
