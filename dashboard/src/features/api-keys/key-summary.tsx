import { ListChecks } from 'lucide-react'
import type { KeyGrants } from './key-grants.ts'
import styles from './key-summary.module.css'
import { summariseKey } from './summarise-key.ts'

/** What a key can do, in plain words. */
export function KeySummary({
  title,
  grants,
  expiresAt,
}: {
  readonly title: string
  readonly grants: KeyGrants
  readonly expiresAt: Date | undefined
}) {
  return (
    <section className={styles.summary} aria-live="polite" aria-label={title}>
      <h3 className={styles.title}>
        <ListChecks aria-hidden="true" />
        {title}
      </h3>
      <ul className={styles.sentences}>
        {summariseKey(grants, expiresAt).map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
    </section>
  )
}
