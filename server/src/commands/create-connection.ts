import { randomUUID } from 'node:crypto'
import { AccessError } from '../errors.ts'
import { sealConnectionPassword } from '../roles/connection-password.ts'
import type { Finding } from '../roles/finding.ts'
import {
  insertConnection,
  listConnections,
  type RegisteredConnection,
} from '../store/connections.ts'
import { inRetriedTransaction, sqlstateOf, sqlstates } from '../store/database.ts'
import { recordAudit } from '../store/record-audit.ts'
import { auditOfServer } from './audit-details.ts'
import { checkConnection, isProblem } from './check-connection.ts'
import type { CommandContext } from './context.ts'
import type { ActingManager } from './operator.ts'
import { completeServer, invalid, parseConnection } from './parse-connection.ts'
import { type ConnectionView, viewConnection } from './view-connection.ts'

/** Each can take connections of every node, and is looked at by the doctor. */
const maxConnections = 50

/**
 * Registers a PostGIS server under a name, after looking whether it has all it takes.
 * Throws invalid_connection, server_unreachable, server_refused, and server_not_ready with everything
 * that is missing.
 */
export async function createConnection(
  context: CommandContext,
  manager: ActingManager,
  body: unknown,
): Promise<ConnectionView> {
  const { store, randomBytes } = context
  const { name, password, server: said } = parseConnection(body)
  if (name === undefined) throw invalid('name is missing')
  if (password === undefined) throw invalid('config.password is missing')
  const server = completeServer(said)
  const existing = await listConnections(store, manager.accountId)
  if (existing.some((connection) => connection.name === name)) throw nameTaken()
  if (existing.length >= maxConnections) {
    throw invalid(`An account can have at most ${maxConnections} connections`)
  }
  const { findings, facts } = await checkConnection(context, server, password)
  if (facts === undefined || findings.some(isProblem)) throw notReady(findings)
  const now = context.now()
  const connection: RegisteredConnection = {
    id: randomUUID(),
    accountId: manager.accountId,
    name,
    userId: manager.userId,
    isDefault: false,
    server,
    facts,
    createdAt: now,
    updatedAt: now,
  }
  await inRetriedTransaction(store, async (transaction) => {
    await manager.mustStillHold(transaction)
    // Here, because what was sealed earlier may be sealed with a key that has been retired.
    const secret = sealConnectionPassword(context.keyRing(), connection.id, password, randomBytes)
    await insertConnection(transaction, connection, secret)
    await recordAudit(transaction, {
      actor: manager.actor,
      action: 'connection.create',
      target: connection,
      details: auditOfServer(server),
    })
  }).catch((error: unknown) => {
    throw sqlstateOf(error) === sqlstates.uniqueViolation ? nameTaken() : error
  })
  return viewConnection({ id: manager.accountId }, connection)
}

export function nameTaken(): AccessError {
  return invalid('name is taken by another connection')
}

/** Everything that is missing at once, each with what mends it. */
export function notReady(findings: readonly Finding[]): AccessError {
  const sentences = findings
    .filter(isProblem)
    .map(({ subject, sentence, remedy }) => `${subject}: ${sentence} ${remedy ?? ''}`.trim())
  return new AccessError('server_not_ready', {
    message: `The server is not ready to be used. ${sentences.join(' | ')}`,
  })
}
