import { Field } from '../../ui/field.tsx'
import { SqlEditor } from '../../ui/sql-editor.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { RecentQueries } from './recent-queries-view.tsx'
import { TableField } from './table-field.tsx'

export type SourceKind = 'query' | 'table'

/** What a request reads: SQL that is written, or a table that is picked. */
export function SourcePicker({
  kind,
  onKind,
  sql,
  onSql,
  sqlError,
  table,
  onTable,
  tableError,
  connection,
  onRun,
}: {
  readonly kind: SourceKind
  readonly onKind: (kind: SourceKind) => void
  readonly sql: string
  readonly onSql: (sql: string) => void
  readonly sqlError: string | undefined
  readonly table: string
  readonly onTable: (table: string) => void
  readonly tableError: string | undefined
  readonly connection: string
  readonly onRun: () => void
}) {
  return (
    <Tabs
      label="What to ask for"
      value={kind}
      onChange={(id) => onKind(id === 'table' ? 'table' : 'query')}
      tabs={[
        {
          id: 'query',
          title: 'Write SQL',
          content: (
            <>
              <Field
                label="SQL"
                hint="Control and Enter, or Command and Enter, send it."
                error={sqlError}
              >
                {(control) => (
                  <SqlEditor
                    value={sql}
                    onChange={onSql}
                    onRun={onRun}
                    label="SQL"
                    placeholder="select * from ..."
                    control={control}
                  />
                )}
              </Field>
              <RecentQueries onChoose={onSql} />
            </>
          ),
        },
        {
          id: 'table',
          title: 'Pick a table',
          content: (
            <TableField
              value={table}
              onChange={onTable}
              error={tableError}
              connection={connection}
            />
          ),
        },
      ]}
    />
  )
}
