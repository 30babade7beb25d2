import styles from './grant-list.module.css'
import { SourceText } from './source-text.tsx'
import type { DraftGrant } from './token-draft.ts'

/** Sources, by the connection that they are on. */
export function GrantList({ grants }: { readonly grants: readonly DraftGrant[] }) {
  if (grants.length === 0) return 'none'
  const connections = [...new Set(grants.map(({ connection }) => connection))]
  return (
    <ul className={styles.connections}>
      {connections.map((connection) => (
        <li key={connection}>
          <span className={styles.connection}>{connection}</span>
          <ul className={styles.sources}>
            {grants
              .filter((grant) => grant.connection === connection)
              .map(({ source }) => (
                <li key={source}>
                  <SourceText source={source} />
                </li>
              ))}
          </ul>
        </li>
      ))}
    </ul>
  )
}
