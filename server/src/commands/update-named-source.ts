import { AccessError } from '../errors.ts'
import { listTokensGranting } from '../store/access-tokens.ts'
import { findAccountById } from '../store/accounts.ts'
import { inTransaction } from '../store/database.ts'
import { type NamedSource, updateNamedSource as updateRow } from '../store/named-sources.ts'
import { recordAudit } from '../store/record-audit.ts'
import { auditText } from './audit-details.ts'
import { getConnectionPlace } from './connection-place.ts'
import type { CommandContext } from './context.ts'
import { getConnectionOf } from './get-connection.ts'
import { getNamedSource } from './list-named-sources.ts'
import { mustBeGrantable, namedSourceNotFound } from './named-source-relations.ts'
import type { ActingManager } from './operator.ts'
import { invalid, parseNamedSource } from './parse-named-source.ts'
import { regrantTokens } from './regrant-tokens.ts'
import { type NamedSourceView, viewNamedSource } from './view-named-source.ts'

/**
 * Changes what a named source says. The tokens that grant it get roles anew, which read just what the
 * new statement reads; when this resolves, none of them runs the old one. When it fails half-way some
 * of them do: repeating it does the rest.
 * Throws named_source_not_found, invalid_named_source, server_unreachable.
 */
export async function updateNamedSource(
  context: CommandContext,
  manager: ActingManager,
  name: string,
  body: unknown,
): Promise<NamedSourceView> {
  const { store } = context
  const request = parseNamedSource(body)
  const before = await getNamedSource(context, manager, name)
  if (request.name !== undefined && request.name !== before.name) {
    throw invalid('name cannot be changed: make a new one')
  }
  if (request.connection !== undefined && request.connection !== before.connectionName) {
    throw invalid('connection_name cannot be changed: make a new one')
  }
  const after: NamedSource = {
    ...before,
    description: request.description === undefined ? before.description : request.description,
    statement: request.query?.statement ?? before.statement,
    fingerprint: request.query?.fingerprint ?? before.fingerprint,
    updatedAt: context.now(),
  }
  if (request.query !== undefined) {
    const connection = await getConnectionOf(context, manager, before.connectionName)
    const account = await findAccountById(store, manager.accountId)
    if (account === undefined) throw namedSourceNotFound()
    const place = await getConnectionPlace(context, account, connection)
    await mustBeGrantable(place, request.query.relations)
  }
  await regrant(context, manager, after)
  await inTransaction(store, async (transaction) => {
    await manager.mustStillHold(transaction)
    if (!(await updateRow(transaction, after))) throw namedSourceNotFound()
    await recordAudit(transaction, {
      actor: manager.actor,
      action: 'named_source.update',
      target: after,
      details: { source: auditText(after.statement) },
    })
  })
  // Those that were made while the others were remade.
  await regrant(context, manager, after)
  return viewNamedSource(after)
}

async function regrant(
  context: CommandContext,
  manager: ActingManager,
  after: NamedSource,
): Promise<void> {
  const { store } = context
  const account = await findAccountById(store, manager.accountId)
  if (account === undefined) throw namedSourceNotFound()
  const tokens = await listTokensGranting(store, after.id, after.statement)
  await regrantTokens(
    context,
    manager,
    account,
    tokens,
    (grant) => (grant.namedSourceId === after.id ? { ...grant } : grant),
    after,
  ).catch((error: unknown) => {
    if (!(error instanceof AccessError) || error.code !== 'invalid_token_request') throw error
    throw invalid(`source: ${error.message.replace(/^grants\[\d+\]\.source:? /, '')}`)
  })
}
