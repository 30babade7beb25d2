import { useState } from 'react'
import { Choice } from '../../ui/choice.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorState } from '../../ui/error-state.tsx'
import { Pager } from '../../ui/pager.tsx'
import { SearchInput } from '../../ui/search-input.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { useGrantableTables } from './api/list-grantable-tables.ts'
import { type KeyForm, offeredVerbs, withVerb } from './key-form.ts'
import styles from './table-grid.module.css'
import { TableVerbs } from './table-verbs.tsx'

export const gridPageSize = 8

/** The tables of the account, searchable, with what the new key may do to each. */
export function TableGrid({
  form,
  onChange,
}: {
  readonly form: KeyForm
  readonly onChange: (change: (form: KeyForm) => KeyForm) => void
}) {
  const [search, setSearch] = useState('')
  const [page, setPage] = useState(1)
  const [isTickedOnly, setTickedOnly] = useState(false)
  const found = useGrantableTables({ search, page, pageSize: gridPageSize })
  const verbs = offeredVerbs(form)
  const ticked = form.tables.filter(({ schema, name }) =>
    `${schema}.${name}`.toLowerCase().includes(search.toLowerCase()),
  )
  const tables = isTickedOnly
    ? ticked.map((table) => ({ ...table, type: 'table', is_public: false }))
    : found.data?.tables
  return (
    <div className={styles.grid}>
      <div className={styles.tools}>
        <SearchInput
          label="Search by name"
          value={search}
          onChange={(text) => {
            setSearch(text)
            setPage(1)
          }}
        />
        <Choice
          label={`Only ticked (${form.tables.length})`}
          checked={isTickedOnly}
          onChange={({ target }) => setTickedOnly(target.checked)}
        />
      </div>
      {found.error !== null && !isTickedOnly ? (
        <ErrorState error={found.error} onRetry={found.refetch} />
      ) : tables === undefined ? (
        <Skeleton lines={gridPageSize} height="2rem" />
      ) : tables.length === 0 ? (
        <EmptyState title={emptyTitle(search, isTickedOnly)} />
      ) : (
        <TableVerbs
          tables={tables}
          verbs={verbs}
          tickedIn={form}
          onTick={(table, verb, isTicked) =>
            onChange((before) => withVerb(before, table, verb, isTicked))
          }
        />
      )}
      {!isTickedOnly && found.data !== undefined && (
        <Pager
          page={page}
          pageSize={gridPageSize}
          total={found.data.total}
          label="tables"
          onChange={setPage}
        />
      )}
    </div>
  )
}

function emptyTitle(search: string, isTickedOnly: boolean): string {
  if (search !== '') return '0 tables found'
  return isTickedOnly ? 'Nothing is ticked' : 'There are no tables yet'
}
