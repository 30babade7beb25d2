import { AccessError } from '../errors.ts'
import type { RequestedSource } from '../policy/parse-token-request.ts'
import { readQuery } from '../policy/read-query.ts'
import { listTokensOn } from '../store/access-tokens.ts'
import type { Account } from '../store/accounts.ts'
import type { Connection, RegisteredConnection } from '../store/connections.ts'
import { inTransaction } from '../store/database.ts'
import { listNamedSourcesOn, moveNamedSources } from '../store/named-sources.ts'
import { recordAudit } from '../store/record-audit.ts'
import type { LoadedSourceGrant } from '../store/source-grants.ts'
import { getConnectionPlace } from './connection-place.ts'
import type { CommandContext } from './context.ts'
import { mustBeGrantable } from './named-source-relations.ts'
import type { ActingManager } from './operator.ts'
import { invalid } from './parse-connection.ts'
import { regrantTokens } from './regrant-tokens.ts'

/**
 * Lets everything that names a connection name another: named sources, and the grants of access tokens,
 * whose roles are made anew there. When it fails half-way some of them have moved: repeating it moves
 * the rest. Throws invalid_connection when something cannot be on the other one.
 */
export async function moveConnectionUses(
  context: CommandContext,
  manager: ActingManager,
  account: Account,
  from: RegisteredConnection,
  to: Connection,
): Promise<void> {
  const { store } = context
  if (to.id === from.id) throw invalid('targetConnectionId names the connection itself')
  const place = await getConnectionPlace(context, account, to)
  const refused = (what: string) => (error: unknown) => {
    if (!(error instanceof AccessError) || error.status !== 422) throw error
    throw invalid(`${what} cannot be moved to ${to.name}: ${error.message}`)
  }
  const sources = await listNamedSourcesOn(store, from.id)
  for (const { name, statement } of sources) {
    const { shape } = readQuery(statement)
    const relations = shape.understood ? shape.statements.flatMap((one) => one.relations) : []
    await mustBeGrantable(place, relations).catch(refused(`The named source ${name}`))
  }
  await inTransaction(store, async (transaction) => {
    await manager.mustStillHold(transaction)
    await moveNamedSources(transaction, from.id, to.id)
    for (const source of sources) {
      await recordAudit(transaction, {
        actor: manager.actor,
        action: 'named_source.update',
        target: source,
        details: { connection: to.name },
      })
    }
  })
  const move = (grant: LoadedSourceGrant): RequestedSource =>
    grant.connectionId === from.id
      ? { ...grant, connectionName: to.name, source: sourceOn(to, grant) }
      : grant
  for (const token of await listTokensOn(store, from.id)) {
    await regrantTokens(context, manager, account, [token], move).catch(
      refused(`The access token ${token.name}`),
    )
  }
}

/** A name may have begun with the connection that it was on. */
function sourceOn(to: Connection, { kind, source, schemaName, relationName }: LoadedSourceGrant) {
  if (schemaName === null || relationName === null) return source
  const [schema, relation] = [schemaName, relationName].map((part) =>
    /["./]/.test(part) ? `"${part.replaceAll('"', '""')}"` : part,
  )
  return kind === 'wildcard' ? `${to.name}.${schema}.${relationName}*` : `${schema}.${relation}`
}
