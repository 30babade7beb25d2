import { basePath } from '../../client/base-path.ts'
import { formatBytes, formatCount } from '../../format/numbers.ts'
import { DataMap } from '../../ui/data-map.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorState } from '../../ui/error-state.tsx'
import { Section } from '../../ui/section.tsx'
import { Spinner } from '../../ui/spinner.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { Tag } from '../../ui/tag.tsx'
import styles from './attempt-result.module.css'
import { CurlBlock } from './curl-block.tsx'
import { readMap, readRows } from './read-answer.ts'
import { type Asked, Refusal } from './refusal.tsx'
import { JsonView, RowsView } from './rows-view.tsx'
import type { Answer } from './send-request.ts'
import type { AttemptState } from './use-attempt.ts'

/** What became of a request: its status, its answer or the reason it has none, and the same as curl. */
export function AttemptResult({
  state,
  asked,
}: {
  readonly state: AttemptState
  readonly asked: Asked
}) {
  return (
    <Section title="Answer">
      <div aria-busy={state.kind === 'running'} className={styles.result}>
        {state.kind === 'idle' && (
          <EmptyState title="Nothing was sent yet">
            Choose a credential and what to ask for. What comes back is what an application would
            get.
          </EmptyState>
        )}
        {state.kind === 'running' && (
          <p className={styles.running} role="status">
            <Spinner /> Waiting for the answer.
          </p>
        )}
        {state.kind === 'cancelled' && (
          <EmptyState title="Cancelled">The server was told to stop working on it.</EmptyState>
        )}
        {state.kind === 'failed' && <ErrorState error={state.error} />}
        {state.kind === 'answered' && (
          <>
            <Facts answer={state.answer} />
            {state.answer.status < 400 ? (
              <AnswerView
                answer={state.answer}
                authorization={state.request.headers.authorization}
              />
            ) : (
              <Refusal
                status={state.answer.status}
                sentence={sentenceIn(state.answer.body)}
                explanation={state.explanation}
                explanationError={state.explanationError}
                asked={asked}
              />
            )}
            <CurlBlock request={state.request} />
          </>
        )}
      </div>
    </Section>
  )
}

function Facts({ answer }: { readonly answer: Answer }) {
  const { status, durationMs, bytes, body } = answer
  const rows = status < 400 ? readRows(body) : undefined
  return (
    <p className={styles.facts} role="status">
      <Tag tone={status < 400 ? 'success' : 'danger'}>Status {status}</Tag>
      <span>{formatCount(Math.max(1, Math.round(durationMs)))} ms</span>
      <span>{formatBytes(bytes)}</span>
      {rows !== undefined && (
        <span>
          {formatCount(rows.rows.length)} {rows.rows.length === 1 ? 'row' : 'rows'}
        </span>
      )}
    </p>
  )
}

function AnswerView({
  answer: { body },
  authorization,
}: {
  readonly answer: Answer
  readonly authorization: string | undefined
}) {
  const map = readMap(body, basePath)
  if (map !== undefined) {
    return (
      <Tabs
        label="The answer"
        tabs={[
          {
            id: 'map',
            title: 'Map',
            content: (
              <DataMap
                label="Map of what was asked for"
                tiles={map.tiles}
                bounds={map.bounds}
                {...(authorization !== undefined && { headers: { authorization } })}
              />
            ),
          },
          { id: 'json', title: 'TileJSON', content: <JsonView body={body} /> },
        ]}
      />
    )
  }
  const rows = readRows(body)
  return rows === undefined ? <JsonView body={body} /> : <RowsView rows={rows} body={body} />
}

/** The sentence of an error: v3 has it as text, the classic APIs as a list. */
function sentenceIn(body: unknown): string {
  const { error, errors } = (typeof body === 'object' && body !== null ? body : {}) as {
    readonly error?: unknown
    readonly errors?: unknown
  }
  const [said] = [error, errors].flat().filter((one) => typeof one === 'string')
  return said ?? (typeof body === 'string' && body !== '' ? body : 'No reason was given.')
}
