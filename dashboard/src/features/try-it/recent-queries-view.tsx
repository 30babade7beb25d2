import { useRecentQueries } from './recent-queries.ts'
import styles from './recent-queries-view.module.css'

/** What was tried since the page was opened, to be taken up again. */
export function RecentQueries({ onChoose }: { readonly onChoose: (sql: string) => void }) {
  const queries = useRecentQueries()
  if (queries.length === 0) return null
  return (
    <details className={styles.recent}>
      <summary>Tried lately</summary>
      <ul className={styles.list}>
        {queries.map((sql) => (
          <li key={sql}>
            <button type="button" className={styles.query} onClick={() => onChoose(sql)}>
              {sql}
            </button>
          </li>
        ))}
      </ul>
    </details>
  )
}
