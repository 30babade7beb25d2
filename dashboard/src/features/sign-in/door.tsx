import { type ReactNode, useEffect } from 'react'
import { Logo } from '../../app/logo.tsx'
import styles from './door.module.css'

/** A page for whoever is not signed in: one card, and nothing else. */
export function Door({
  title,
  children,
}: {
  readonly title: string
  readonly children: ReactNode
}) {
  useEffect(() => {
    document.title = `${title} · Postern`
  }, [title])
  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <div className={styles.head}>
          <Logo />
          <h1>{title}</h1>
        </div>
        {children}
      </div>
    </main>
  )
}
