import { formatCount } from '../../format/numbers.ts'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { Table } from '../../ui/table.tsx'
import type { TableName } from './api/table.ts'
import { useTableRows } from './api/table-rows.ts'
import styles from './data.module.css'
import { PreviewError } from './preview-error.tsx'

/** The first rows of a table. */
export function TableRowsTab({ name }: { readonly name: TableName }) {
  const { data, error, refetch } = useTableRows(name)
  if (error !== null) return <PreviewError error={error} name={name} onRetry={refetch} />
  if (data === undefined) return <Skeleton lines={10} />
  if (data.rows.length === 0) {
    return <EmptyState title="No rows">The table is there, and nothing is in it.</EmptyState>
  }
  const { columns, rows, has_more, unshown_columns } = data
  return (
    <div className={styles.stack}>
      <Table caption="Rows">
        <thead>
          <tr>
            {columns.map(({ name: column }) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows have no identity, and never move.
            <tr key={index}>
              {row.map((value, place) => (
                <td key={columns[place]?.name}>
                  {value === null ? (
                    <span className={styles.nothing}>null</span>
                  ) : (
                    <span className={styles.value} title={value}>
                      {value}
                    </span>
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </Table>
      <p className={styles.quiet}>
        {has_more
          ? `The first ${formatCount(rows.length)} rows, in no order.`
          : rows.length === 1
            ? 'The only row.'
            : `All ${formatCount(rows.length)} rows.`}{' '}
        Long values are cut.
        {unshown_columns > 0 && ` ${formatCount(unshown_columns)} more columns are not shown.`}
      </p>
    </div>
  )
}
