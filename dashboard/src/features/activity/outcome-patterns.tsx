import styles from './outcome-patterns.module.css'
import { outcomes } from './outcomes.ts'

/** How each outcome is filled: what it is can be told without its colour. */
export function OutcomePatterns({ prefix }: { readonly prefix: string }) {
  return (
    <defs>
      {outcomes.map(({ id }) => (
        <pattern
          key={id}
          id={`${prefix}-${id}`}
          className={styles[id]}
          patternUnits="userSpaceOnUse"
          width="6"
          height="6"
        >
          <rect width="6" height="6" className={styles.fill} />
          {id === 'errors' && <path d="M-1 7 7 -1 M-1 1 1 -1 M5 7 7 5" className={styles.stroke} />}
          {id === 'denials' && <path d="M0 3h6M3 0v6" className={styles.stroke} />}
        </pattern>
      ))}
    </defs>
  )
}

/** A sample of an outcome's filling, for a legend. */
export function OutcomeSample({ id }: { readonly id: (typeof outcomes)[number]['id'] }) {
  return (
    <svg width="14" height="14" aria-hidden="true" className={styles.sample}>
      <OutcomePatterns prefix={`sample-${id}`} />
      <rect width="14" height="14" rx="2" fill={`url(#sample-${id}-${id})`} />
    </svg>
  )
}
