import { useState } from 'react'
import { Choice } from '../../ui/choice.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorState } from '../../ui/error-state.tsx'
import { Field } from '../../ui/field.tsx'
import { Fieldset } from '../../ui/fieldset.tsx'
import { Pager } from '../../ui/pager.tsx'
import { Select } from '../../ui/select.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { Tag } from '../../ui/tag.tsx'
import { TextInput } from '../../ui/text-input.tsx'
import { resourcesPageSize, useResources } from './api/browse-connection.ts'
import styles from './table-picker.module.css'

/** Tables, views and tilesets of a connection, to be picked or written. */
export function TablePicker({
  connection,
  selected,
  onSelect,
  pasted,
  onPaste,
}: {
  readonly connection: string
  readonly selected: readonly string[]
  readonly onSelect: (ids: readonly string[]) => void
  readonly pasted: string
  readonly onPaste: (name: string) => void
}) {
  const [asked, setSchema] = useState<string>()
  const [page, setPage] = useState(1)
  const schemas = useResources(connection, undefined)
  const known = schemas.data?.children ?? []
  const schema =
    known.find(({ id }) => id === asked)?.id ??
    known.find(({ id }) => id === 'public')?.id ??
    known[0]?.id
  const tables = useResources(connection, schema, { page, enabled: schema !== undefined })
  const failed = schemas.error ?? tables.error
  if (failed !== null) {
    return (
      <ErrorState
        error={failed}
        onRetry={() => {
          void schemas.refetch()
          void tables.refetch()
        }}
      />
    )
  }
  const toggle = (id: string) =>
    onSelect(selected.includes(id) ? selected.filter((one) => one !== id) : [...selected, id])
  return (
    <>
      {known.length > 1 && (
        <Field label="Schema">
          {(control) => (
            <Select
              {...control}
              value={schema}
              onChange={(event) => {
                setPage(1)
                setSchema(event.target.value)
              }}
            >
              {known.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </Select>
          )}
        </Field>
      )}
      {schemas.data !== undefined && known.length === 0 ? (
        <EmptyState title="There is no table on this connection yet" />
      ) : (
        <Fieldset legend="Tables and tilesets">
          <div className={styles.tables}>
            {tables.data === undefined || schema === undefined ? (
              <Skeleton lines={5} />
            ) : (
              tables.data.children.map(({ id, name, type }) => (
                <Choice
                  key={id}
                  label={
                    <>
                      {name} {type !== 'table' && <Tag>{type}</Tag>}
                    </>
                  }
                  checked={selected.includes(id)}
                  onChange={() => toggle(id)}
                />
              ))
            )}
          </div>
          <Pager
            page={page}
            pageSize={resourcesPageSize}
            total={tables.data?.total ?? 0}
            label="tables"
            onChange={setPage}
          />
        </Fieldset>
      )}
      <Field
        label="Or its full name"
        optional
        hint="As schema.table, or with the name of the connection in front."
      >
        {(control) => (
          <TextInput
            {...control}
            mono
            value={pasted}
            placeholder="public.capitals"
            onChange={(event) => onPaste(event.target.value)}
          />
        )}
      </Field>
    </>
  )
}
