import { type ReactNode, useEffect } from 'react'
import styles from './page.module.css'

/** A page: its title, also in the browser's tab, what it is for, and what can be done on it. */
export function Page({
  title,
  lead,
  actions,
  back,
  children,
}: {
  readonly title: string
  readonly lead?: ReactNode
  readonly actions?: ReactNode
  /** A link to where this page hangs. */
  readonly back?: ReactNode
  readonly children: ReactNode
}) {
  useEffect(() => {
    document.title = `${title} · Postern`
  }, [title])
  return (
    <div className={styles.page}>
      <header className={styles.header}>
        <div className={styles.heading}>
          {back !== undefined && <div className={styles.back}>{back}</div>}
          <h1>{title}</h1>
          {lead !== undefined && <p className={styles.lead}>{lead}</p>}
        </div>
        {actions !== undefined && <div className={styles.actions}>{actions}</div>}
      </header>
      {children}
    </div>
  )
}
