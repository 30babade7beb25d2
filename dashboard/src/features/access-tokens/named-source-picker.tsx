import { Choice } from '../../ui/choice.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorState } from '../../ui/error-state.tsx'
import { Fieldset } from '../../ui/fieldset.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { useNamedSources } from './api/list-named-sources.ts'
import { SourceText } from './source-text.tsx'

/** One of the queries that are kept under a name on a connection. */
export function NamedSourcePicker({
  connection,
  selected,
  onSelect,
}: {
  readonly connection: string
  readonly selected: string
  readonly onSelect: (name: string) => void
}) {
  const { data, error, refetch } = useNamedSources()
  if (error !== null) return <ErrorState error={error} onRetry={() => void refetch()} />
  if (data === undefined) return <Skeleton lines={3} />
  const there = data.filter((one) => one.connection_name === connection)
  if (there.length === 0) {
    return (
      <EmptyState title="There is no named source on this connection">
        The API makes them: POST /v3/named-sources. Or write the query here as a SQL query.
      </EmptyState>
    )
  }
  return (
    <Fieldset legend="Named sources">
      {there.map(({ name, source, description }) => (
        <Choice
          key={name}
          type="radio"
          name="named-source"
          label={name}
          hint={
            <>
              {description} <SourceText source={source} />
            </>
          }
          checked={selected === name}
          onChange={() => onSelect(name)}
        />
      ))}
    </Fieldset>
  )
}
