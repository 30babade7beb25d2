import { useDeferredValue, useId } from 'react'
import { Field } from '../../ui/field.tsx'
import { TextInput } from '../../ui/text-input.tsx'
import { useTables } from './api/find-tables.ts'

/** The name of a table, with those of the connection offered while it is written. */
export function TableField({
  value,
  onChange,
  error,
  connection,
}: {
  readonly value: string
  readonly onChange: (table: string) => void
  readonly error: string | undefined
  readonly connection: string
}) {
  const listId = useId()
  const { data } = useTables(connection, useDeferredValue(value))
  return (
    <Field label="Table" hint="Its schema and its name, such as public.capitals." error={error}>
      {(control) => (
        <>
          <TextInput
            mono
            list={listId}
            autoComplete="off"
            value={value}
            onChange={(event) => onChange(event.target.value)}
            {...control}
          />
          <datalist id={listId}>
            {data?.tables.map(({ id }) => (
              <option key={id} value={id} />
            ))}
          </datalist>
        </>
      )}
    </Field>
  )
}
