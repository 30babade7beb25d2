import { CircleAlert, CircleCheck, Info, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { classNames } from './class-names.ts'
import styles from './notice.module.css'

const icons = { info: Info, success: CircleCheck, warning: TriangleAlert, danger: CircleAlert }

/** Something to know at this place. What has just gone wrong (`danger`) is read out at once. */
export function Notice({
  tone = 'info',
  title,
  children,
}: {
  readonly tone?: keyof typeof icons
  readonly title?: string
  readonly children?: ReactNode
}) {
  const Icon = icons[tone]
  return (
    <div
      className={classNames(styles.notice, styles[tone])}
      role={tone === 'danger' ? 'alert' : undefined}
    >
      <Icon className={styles.icon} aria-hidden="true" />
      <div className={styles.text}>
        {title !== undefined && <p className={styles.title}>{title}</p>}
        {children}
      </div>
    </div>
  )
}
