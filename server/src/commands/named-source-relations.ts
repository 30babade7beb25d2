import { AccessError } from '../errors.ts'
import type { RelationRef } from '../policy/survey-statement.ts'
import { resolveRelations } from '../roles/resolve-relations.ts'
import type { ConnectionPlace } from './connection-place.ts'
import { invalid } from './parse-named-source.ts'

/** Throws invalid_named_source when a statement reads what is not there or cannot be granted. */
export async function mustBeGrantable(
  { admin, database, ownerRole }: ConnectionPlace,
  relations: readonly RelationRef[],
): Promise<void> {
  const found = await resolveRelations(admin.on(database), ownerRole, relations)
  const missing = relations[found.indexOf(undefined)]
  if (missing === undefined) return
  const name = `${missing.schema ?? 'public'}.${missing.name}`
  throw invalid(`source: there is no table ${name} that can be granted`)
}

/** Throws invalid_named_source for a name that a grant could mean a table by. */
export async function mustBeNoTable(
  { admin, database, ownerRole }: ConnectionPlace,
  name: string,
): Promise<void> {
  const [table] = await resolveRelations(admin.on(database), ownerRole, [
    { schema: 'public', name },
  ])
  if (table !== undefined) throw invalid(`name: there is a table public.${name} on the connection`)
}

export function namedSourceNotFound(): AccessError {
  return new AccessError('named_source_not_found')
}
