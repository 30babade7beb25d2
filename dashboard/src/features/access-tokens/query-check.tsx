import { Notice } from '../../ui/notice.tsx'
import type { SourceCheck } from './api/check-token-source.ts'
import styles from './query-check.module.css'

/** What a query answers with, and what it wants to be told. */
export function QueryCheck({
  check: { columns, parameters },
}: {
  readonly check: SourceCheck & { valid: true; kind: 'query' }
}) {
  return (
    <Notice tone="success" title="PostgreSQL accepts this query">
      <p>It was not run.</p>
      <Described title="Columns" things={columns} />
      {parameters.length > 0 && <Described title="Parameters" things={parameters} />}
    </Notice>
  )
}

function Described({
  title,
  things,
}: {
  readonly title: string
  readonly things: readonly { readonly name: string; readonly type: string }[]
}) {
  return (
    <div>
      <p className={styles.title}>{title}</p>
      <ul className={styles.list}>
        {things.map(({ name, type }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: two columns can have one name.
          <li key={index}>
            <code>{name}</code> <span className={styles.type}>{type}</span>
          </li>
        ))}
      </ul>
    </div>
  )
}
