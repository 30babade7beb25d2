import { keyVerbs } from './key-form.ts'
import type { KeyGrants } from './key-grants.ts'
import { TableVerbs } from './table-verbs.tsx'

/** The tables that a key opens, to be looked at. */
export function KeyTables({ grants }: { readonly grants: Pick<KeyGrants, 'tables'> }) {
  if (grants.tables.length === 0) return null
  const tables = grants.tables.map((table) => ({
    ...table,
    permissions: keyVerbs,
    type: table.isOwn ? 'made by this key' : 'table',
    is_public: false,
  }))
  return <TableVerbs tables={tables} verbs={keyVerbs} tickedIn={{ tables }} />
}
