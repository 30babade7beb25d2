import { formatCount } from '../../format/numbers.ts'
import { CodeBlock } from '../../ui/code-block.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Table } from '../../ui/table.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import type { Cell, Rows } from './read-answer.ts'
import styles from './rows-view.module.css'

/** The most rows that are put into the page. */
const maxShownRows = 200
const maxJsonLength = 200_000

/** Rows of an answer, as a table and as they came. */
export function RowsView({ rows, body }: { readonly rows: Rows; readonly body: unknown }) {
  return (
    <Tabs
      label="The answer"
      tabs={[
        { id: 'table', title: 'Rows', content: <RowsTable rows={rows} /> },
        { id: 'json', title: 'JSON', content: <JsonView body={body} /> },
      ]}
    />
  )
}

/** An answer as it came, indented. */
export function JsonView({ body }: { readonly body: unknown }) {
  const text = typeof body === 'string' ? body : JSON.stringify(body, null, 2)
  const isCut = text.length > maxJsonLength
  return (
    <>
      <div className={styles.json}>
        <CodeBlock label="the answer" code={isCut ? text.slice(0, maxJsonLength) : text} />
      </div>
      {isCut && (
        <p className={styles.note}>
          Only the beginning is shown: {formatCount(text.length)} characters are too many for a
          page.
        </p>
      )}
    </>
  )
}

function RowsTable({ rows: { columns, rows } }: { readonly rows: Rows }) {
  if (rows.length === 0) {
    return (
      <EmptyState title="No rows">
        The request was allowed, and there is nothing to show for it.
      </EmptyState>
    )
  }
  const shown = rows.slice(0, maxShownRows)
  return (
    <>
      <div className={styles.rows}>
        <Table caption="Rows of the answer">
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column} scope="col">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((row, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: rows have no identity, and never change places.
              <tr key={index}>
                {columns.map((column) => (
                  <td key={column} className={styles.cell}>
                    <CellText value={row[column]} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </Table>
      </div>
      {rows.length > shown.length && (
        <p className={styles.note}>
          The first {formatCount(shown.length)} of {formatCount(rows.length)} rows.
        </p>
      )}
    </>
  )
}

function CellText({ value }: { readonly value: Cell }) {
  if (value === null || value === undefined) return <span className={styles.null}>null</span>
  if (typeof value === 'object') return <code>{JSON.stringify(value)}</code>
  return <>{String(value)}</>
}
