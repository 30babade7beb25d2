import { Link, type LinkProps } from '@tanstack/react-router'
import styles from './tabs.module.css'

/** Pages beside each other, of which this is one. */
export function TabLinks({
  label,
  links,
}: {
  readonly label: string
  readonly links: readonly { readonly to: LinkProps['to']; readonly title: string }[]
}) {
  return (
    <nav aria-label={label} className={styles.list}>
      {links.map(({ to, title }) => (
        <Link
          key={title}
          to={to}
          className={styles.tab}
          activeOptions={{ exact: true, includeSearch: false }}
          activeProps={{ 'data-state': 'active' }}
        >
          {title}
        </Link>
      ))}
    </nav>
  )
}
