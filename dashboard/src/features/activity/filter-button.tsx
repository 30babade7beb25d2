import type { ReactNode } from 'react'
import styles from './filter-button.module.css'

/** The name of a row, which narrows the chart to it when it is pressed, and what stands beside it. */
export function FilterButton({
  title,
  isChosen,
  onToggle,
  children,
}: {
  readonly title: string
  readonly isChosen: boolean
  /** Absent where there is nothing to narrow to. */
  readonly onToggle?: () => void
  readonly children?: ReactNode
}) {
  return (
    <span className={styles.cell}>
      {onToggle === undefined ? (
        <span>{title}</span>
      ) : (
        <button
          type="button"
          className={styles.button}
          aria-pressed={isChosen}
          title={isChosen ? 'Show everything again' : 'Show only this in the chart'}
          onClick={onToggle}
        >
          {title}
        </button>
      )}
      {children}
    </span>
  )
}
