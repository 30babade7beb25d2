import { formatCount } from '../format/numbers.ts'
import { Button } from './button.tsx'
import styles from './pager.module.css'

/** Steps through pages of a long list; nothing where there is but one. */
export function Pager({
  page,
  pageSize,
  total,
  label,
  onChange,
}: {
  /** From 1. */
  readonly page: number
  readonly pageSize: number
  readonly total: number
  /** What is paged: "API keys". */
  readonly label: string
  readonly onChange: (page: number) => void
}) {
  const pages = Math.max(1, Math.ceil(total / pageSize))
  if (pages === 1) return null
  const first = (page - 1) * pageSize + 1
  const last = Math.min(total, page * pageSize)
  return (
    <nav className={styles.pager} aria-label={`Pages of ${label}`}>
      <span className={styles.place}>
        {formatCount(first)}–{formatCount(last)} of {formatCount(total)}
      </span>
      <Button size="small" disabled={page <= 1} onClick={() => onChange(page - 1)}>
        Previous
      </Button>
      <Button size="small" disabled={page >= pages} onClick={() => onChange(page + 1)}>
        Next
      </Button>
    </nav>
  )
}
