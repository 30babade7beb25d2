import type { ReactNode } from 'react'
import { classNames } from './class-names.ts'
import styles from './table.module.css'

/**
 * Rows of the same kind: `children` are a thead and a tbody. On narrow screens a `stacked` table shows
 * each row as a card, with the `data-label` of each cell in front of it; others scroll within themselves.
 * Cells with `data-numeric` are numbers: they end where the column does.
 */
export function Table({
  caption,
  stacked = false,
  children,
}: {
  /** What the rows are: read out, not shown. */
  readonly caption: string
  readonly stacked?: boolean
  readonly children: ReactNode
}) {
  return (
    <section className={styles.scroll} aria-label={caption} tabIndex={stacked ? undefined : 0}>
      <table className={classNames(styles.table, stacked && styles.stacked)}>
        <caption className="visually-hidden">{caption}</caption>
        {children}
      </table>
    </section>
  )
}
