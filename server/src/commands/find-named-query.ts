import type { Principal } from '../credential/principal.ts'
import { AccessError } from '../errors.ts'
import type { QuerySource, TableSource } from '../policy/decide-source.ts'
import { readQuery } from '../policy/read-query.ts'
import { isSourceName } from '../policy/source-name.ts'
import { storeError } from '../store/database.ts'
import { findNamedSource } from '../store/named-sources.ts'
import type { CommandContext } from './context.ts'

/**
 * What a source that may be the name of a named source stands for: that one's statement, on this
 * connection. Anything else is returned as it is. What it stands for is decided on like any other
 * query: the name lends nothing.
 * Throws named_source_not_found; to an access token source_not_granted, whether there is one or not.
 */
export async function findNamedQuery<S extends TableSource | QuerySource>(
  { store }: Pick<CommandContext, 'store'>,
  principal: Principal,
  connection: string,
  source: S,
): Promise<S | QuerySource> {
  if (source.kind !== 'query') return source
  const name = source.text.trim()
  if (!isSourceName(name)) return source
  for (const grant of principal.sourceGrants ?? []) {
    const isMeant =
      grant.kind === 'query' && grant.name === name && grant.connectionName === connection
    if (isMeant) return readQuery(grant.statement)
  }
  const named = await findNamedSource(store, principal.accountId, name).catch((error: unknown) => {
    throw storeError(error)
  })
  if (named?.connectionName === connection) return readQuery(named.statement)
  // A single word that is SQL after all.
  if (source.shape.understood) return source
  throw new AccessError(
    principal.sourceGrants === undefined ? 'named_source_not_found' : 'source_not_granted',
  )
}
