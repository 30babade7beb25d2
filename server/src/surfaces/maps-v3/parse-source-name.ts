import { AccessError } from '../../errors.ts'
import { splitName } from '../../policy/split-name.ts'
import type { RelationName } from '../../warehouse/describe-relation.ts'

/**
 * Reads a source name: `table`, `schema.table` or `database.schema.table`, each part bare or in
 * double quotes. The schema defaults to `public`. Bare parts are taken as written. The database
 * part has to be one of `databases`: there is no other to reach. Refusals name `parameter`.
 */
export function parseSourceName(
  text: unknown,
  databases: readonly string[],
  parameter = 'name',
): RelationName {
  if (typeof text !== 'string' || text === '') {
    throw new AccessError('invalid_parameter', {
      message: `The parameter "${parameter}" is missing.`,
    })
  }
  const parts = splitName(text)
  if (parts === undefined || parts.length > 3) {
    throw new AccessError('invalid_parameter', {
      message: `The parameter "${parameter}" is not the name of a table.`,
    })
  }
  const [name = '', schema = 'public', database] = parts.reverse()
  if (database !== undefined && !databases.includes(database)) {
    throw new AccessError('source_not_granted')
  }
  return { schema, name }
}
