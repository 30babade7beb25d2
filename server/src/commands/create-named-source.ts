import { randomUUID } from 'node:crypto'
import { findAccountById } from '../store/accounts.ts'
import { inTransaction, sqlstateOf, sqlstates } from '../store/database.ts'
import { countNamedSources, insertNamedSource, type NamedSource } from '../store/named-sources.ts'
import { recordAudit } from '../store/record-audit.ts'
import { auditText } from './audit-details.ts'
import { getConnectionPlace } from './connection-place.ts'
import type { CommandContext } from './context.ts'
import { getConnectionOf } from './get-connection.ts'
import { mustBeGrantable, mustBeNoTable, namedSourceNotFound } from './named-source-relations.ts'
import type { ActingManager } from './operator.ts'
import { invalid, parseNamedSource } from './parse-named-source.ts'
import { type NamedSourceView, viewNamedSource } from './view-named-source.ts'

const maxNamedSources = 10_000

/**
 * Gives a statement a name. It opens nothing by itself: a token has to be granted it.
 * Throws invalid_named_source, connection_not_found, server_unreachable.
 */
export async function createNamedSource(
  context: CommandContext,
  manager: ActingManager,
  body: unknown,
): Promise<NamedSourceView> {
  const { store } = context
  const {
    name,
    connection: connectionName = 'default',
    query,
    description,
  } = parseNamedSource(body)
  if (name === undefined) throw invalid('name is missing')
  if (query === undefined) throw invalid('source is missing')
  const connection = await getConnectionOf(context, manager, connectionName)
  const account = await findAccountById(store, manager.accountId)
  if (account === undefined) throw namedSourceNotFound()
  if ((await countNamedSources(store, account.id)) >= maxNamedSources) {
    throw invalid(`An account can have at most ${maxNamedSources} named sources`)
  }
  const place = await getConnectionPlace(context, account, connection)
  await mustBeNoTable(place, name)
  await mustBeGrantable(place, query.relations)
  const now = context.now()
  const source: NamedSource = {
    id: randomUUID(),
    accountId: account.id,
    connectionId: connection.id,
    connectionName: connection.name,
    name,
    description: description ?? null,
    statement: query.statement,
    fingerprint: query.fingerprint,
    userId: manager.userId,
    createdAt: now,
    updatedAt: now,
  }
  await inTransaction(store, async (transaction) => {
    await manager.mustStillHold(transaction)
    await insertNamedSource(transaction, source)
    await recordAudit(transaction, {
      actor: manager.actor,
      action: 'named_source.create',
      target: source,
      details: { connection: connection.name, source: auditText(source.statement) },
    })
  }).catch((error: unknown) => {
    throw sqlstateOf(error) === sqlstates.uniqueViolation
      ? invalid('name is taken by another named source')
      : error
  })
  return viewNamedSource(source)
}
