import type { TableAccess } from './api/table-access.ts'

/** How a credential reaches a table, in words. */
export function accessSentence({
  by,
  source,
  referers,
}: Pick<TableAccess, 'by' | 'source' | 'referers'>): string {
  const how = {
    everything: 'It may do everything in the account',
    public: 'The table is public',
    grant: 'It was granted this table',
    owner: 'It made this table',
    table: 'It was granted this table',
    wildcard: `It was granted ${source}`,
    all: 'It was granted all sources of the connection',
    query: `By this query alone: ${source}`,
  }[by]
  return referers.length === 0 ? how : `${how}. From ${referers.join(', ')} only`
}
