import { useState } from 'react'
import { Button } from '../../ui/button.tsx'
import { Choice } from '../../ui/choice.tsx'
import { ErrorState } from '../../ui/error-state.tsx'
import { Field } from '../../ui/field.tsx'
import { Fieldset } from '../../ui/fieldset.tsx'
import form from '../../ui/form-layout.module.css'
import { Notice } from '../../ui/notice.tsx'
import { Select } from '../../ui/select.tsx'
import { TextInput } from '../../ui/text-input.tsx'
import styles from './add-source-form.module.css'
import { useCheckTokenSource } from './api/check-token-source.ts'
import { useConnections } from './api/list-connections.ts'
import { NamedSourcePicker } from './named-source-picker.tsx'
import { QuerySource } from './query-source.tsx'
import {
  findPatternProblem,
  type SourceKind,
  sourceKindsFor,
  sourceKindTitles,
} from './source-kind.ts'
import { SourceRefusal } from './source-refusal.tsx'
import { TablePicker } from './table-picker.tsx'
import { hasDestinations, type TokenApi } from './token-apis.ts'
import type { DraftGrant } from './token-draft.ts'

const meanings: Readonly<Record<SourceKind, string>> = {
  table: 'What is in it, and nothing else.',
  query: 'Its rows. Whoever has the token chooses the parameters, and nothing else of it.',
  named_source: 'A query that is kept under a name: when it is changed, the token follows.',
  wildcard: 'All tables of a schema whose names begin so, also those that are made later.',
  all: 'Every table of the connection, also those that are made later.',
}

/** What is chosen of each kind, so that nothing is lost on the way to another and back. */
type Chosen = {
  readonly tables: readonly string[]
  readonly pasted: string
  readonly query: string
  readonly namedSource: string
  readonly pattern: string
}

const nothing: Chosen = { tables: [], pasted: '', query: '', namedSource: '', pattern: '' }

/** Sources on one connection, to be added to a token once the server says that they can be. */
export function AddSourceForm({
  apis,
  onAdd,
  onCancel,
}: {
  readonly apis: readonly TokenApi[]
  readonly onAdd: (grants: readonly DraftGrant[]) => void
  readonly onCancel: () => void
}) {
  const connections = useConnections()
  const [connection, setConnection] = useState('default')
  const [kind, setKind] = useState<SourceKind>('table')
  const [chosen, setChosen] = useState(nothing)
  const [refusal, setRefusal] = useState<string>()
  const check = useCheckTokenSource()
  const isImport = hasDestinations(apis)

  const choose = (changes: Partial<Chosen>) => {
    setRefusal(undefined)
    setChosen({ ...chosen, ...changes })
  }
  const sources = sourcesOf(kind, chosen)

  const add = async () => {
    setRefusal(undefined)
    if (sources.length === 0) return setRefusal(missing[kind])
    const problem = kind === 'wildcard' ? findPatternProblem(chosen.pattern) : undefined
    if (problem !== undefined) return setRefusal(problem)
    // Destinations need not be there yet; what was picked from the list is.
    const toCheck = isImport || kind === 'all' ? [] : sources
    for (const source of toCheck) {
      const answer = await check.mutateAsync({ connection, source }).catch(() => undefined)
      if (answer === undefined) return
      if (!answer.valid && kind === 'query') return
      if (!answer.valid) return setRefusal(`${source}: ${answer.error}`)
    }
    onAdd(sources.map((source) => ({ connection, source })))
  }

  if (connections.isError) {
    return <ErrorState error={connections.error} onRetry={() => void connections.refetch()} />
  }
  return (
    <div className={form.form}>
      <Field label="Connection">
        {(control) => (
          <Select
            {...control}
            value={connection}
            onChange={(event) => {
              check.reset()
              setConnection(event.target.value)
              choose({ tables: [], namedSource: '' })
            }}
          >
            {(connections.data ?? [{ name: 'default' }]).map(({ name }) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Fieldset legend="What to open">
        {sourceKindsFor(apis).map((one) => (
          <Choice
            key={one}
            type="radio"
            name="kind"
            label={sourceKindTitles[one]}
            hint={isImport ? undefined : meanings[one]}
            checked={kind === one}
            onChange={() => {
              setRefusal(undefined)
              check.reset()
              setKind(one)
            }}
          />
        ))}
      </Fieldset>
      {kind === 'table' && (
        <TablePicker
          connection={connection}
          selected={chosen.tables}
          onSelect={(tables) => choose({ tables })}
          pasted={chosen.pasted}
          onPaste={(pasted) => choose({ pasted })}
        />
      )}
      {kind === 'query' && (
        <QuerySource
          connection={connection}
          query={chosen.query}
          check={check}
          onChange={(query) => choose({ query })}
        />
      )}
      {kind === 'named_source' && (
        <NamedSourcePicker
          connection={connection}
          selected={chosen.namedSource}
          onSelect={(namedSource) => choose({ namedSource })}
        />
      )}
      {kind === 'wildcard' && (
        <Field
          label="Pattern"
          hint={`The connection, the schema and how the names begin: ${connection}.public.cap*, or ${connection}.public.* for the whole schema.`}
        >
          {(control) => (
            <TextInput
              {...control}
              mono
              value={chosen.pattern}
              placeholder={`${connection}.public.cap*`}
              onChange={(event) => choose({ pattern: event.target.value })}
            />
          )}
        </Field>
      )}
      {kind === 'all' && (
        <Notice tone="warning" title="This opens everything">
          <p>
            {isImport
              ? `Whoever has the token can import into any table of ${connection}.`
              : `Whoever has the token can read every table of ${connection}, also those that are made later.`}
          </p>
        </Notice>
      )}
      <SourceRefusal refusal={refusal} error={check.error} />
      <div className={`${form.row} ${styles.actions}`}>
        <Button variant="primary" busy={check.isPending} onClick={() => void add()}>
          {isImport ? 'Add' : kind === 'query' ? 'Check and add' : 'Add'}
        </Button>
        <Button onClick={onCancel}>Cancel</Button>
      </div>
    </div>
  )
}

const missing: Readonly<Record<SourceKind, string>> = {
  table: 'Choose a table, or write the name of one.',
  query: 'Write a query.',
  named_source: 'Choose a named source.',
  wildcard: 'Write a pattern.',
  all: '',
}

function sourcesOf(kind: SourceKind, chosen: Chosen): readonly string[] {
  const pasted = chosen.pasted.trim()
  switch (kind) {
    case 'table':
      return [...chosen.tables, ...(pasted === '' ? [] : [pasted])]
    case 'query':
      return chosen.query.trim() === '' ? [] : [chosen.query.trim()]
    case 'named_source':
      return chosen.namedSource === '' ? [] : [chosen.namedSource]
    case 'wildcard':
      return chosen.pattern.trim() === '' ? [] : [chosen.pattern.trim()]
    case 'all':
      return ['*']
  }
}
