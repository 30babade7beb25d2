import { useEffect, useMemo, useRef } from 'react'
import { Button } from '../../ui/button.tsx'
import { Field } from '../../ui/field.tsx'
import form from '../../ui/form-layout.module.css'
import { SqlEditor } from '../../ui/sql-editor.tsx'
import { useResources } from './api/browse-connection.ts'
import type { useCheckTokenSource } from './api/check-token-source.ts'
import { QueryCheck } from './query-check.tsx'
import styles from './query-source.module.css'

/** A query to be granted, and what PostgreSQL makes of it. */
export function QuerySource({
  connection,
  query,
  check,
  onChange,
}: {
  readonly connection: string
  readonly query: string
  readonly check: ReturnType<typeof useCheckTokenSource>
  readonly onChange: (query: string) => void
}) {
  const { data } = useResources(connection, 'public')
  const names = useMemo(
    () => Object.fromEntries((data?.children ?? []).map(({ name }) => [name, []])),
    [data],
  )
  // What is said of another text or another connection is not said of this one.
  const isOfThis =
    check.variables?.source.trim() === query.trim() && check.variables.connection === connection
  const answer = isOfThis ? check.data : undefined
  const said = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (answer !== undefined) said.current?.scrollIntoView?.({ block: 'nearest' })
  }, [answer])
  const run = () => {
    if (query.trim() !== '') check.mutate({ connection, source: query })
  }
  return (
    <>
      <Field
        label="Query"
        hint="One SELECT. $1, $2 or @name stand for values that callers choose. White space, comments and the case of keywords do not matter later; anything else does."
        error={answer !== undefined && !answer.valid ? answer.error : undefined}
      >
        {(control) => (
          <SqlEditor
            label="Query"
            value={query}
            names={names}
            placeholder="select name, population, the_geom from capitals where country = $1"
            control={control}
            errorPosition={
              answer !== undefined && !answer.valid ? (answer.position ?? undefined) : undefined
            }
            onChange={onChange}
            onRun={run}
          />
        )}
      </Field>
      <div className={form.row}>
        <Button size="small" busy={check.isPending} onClick={run}>
          Check query
        </Button>
      </div>
      <div ref={said} aria-live="polite" className={styles.said}>
        {answer?.valid === true && answer.kind === 'query' && <QueryCheck check={answer} />}
      </div>
    </>
  )
}
