import { Link, type LinkProps, Outlet, useRouterState } from '@tanstack/react-router'
import {
  Activity,
  Database,
  House,
  KeyRound,
  type LucideIcon,
  Menu as MenuIcon,
  Play,
  Settings,
  TicketCheck,
  X,
} from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { useSession } from '../client/session.ts'
import { IconButton } from '../ui/icon-button.tsx'
import { AccountMenu } from './account-menu.tsx'
import { ConfirmIdentity } from './confirm-identity.tsx'
import { Logo } from './logo.tsx'
import styles from './shell.module.css'

const places: readonly {
  readonly to: LinkProps['to']
  readonly title: string
  readonly icon: LucideIcon
}[] = [
  { to: '/', title: 'Start', icon: House },
  { to: '/data', title: 'Data', icon: Database },
  { to: '/api-keys', title: 'API keys', icon: KeyRound },
  { to: '/developers/credentials/tokens', title: 'Access tokens', icon: TicketCheck },
  { to: '/try', title: 'Try it', icon: Play },
  { to: '/activity', title: 'Activity', icon: Activity },
  { to: '/account', title: 'Account', icon: Settings },
]

/** What stands around every page of whoever is signed in. */
export function Shell() {
  const { account } = useSession()
  const [isOpen, setOpen] = useState(false)
  const path = useRouterState({ select: (state) => state.location.pathname })
  const main = useRef<HTMLElement>(null)
  const isFirst = useRef(true)
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is the change of the page that counts.
  useEffect(() => {
    setOpen(false)
    // Who has followed a link goes on reading at the new page, not in the menu.
    if (!isFirst.current) main.current?.focus({ preventScroll: true })
    isFirst.current = false
  }, [path])
  return (
    <div className={styles.shell}>
      <button type="button" className={styles.skip} onClick={() => main.current?.focus()}>
        Skip to the page
      </button>
      <header className={styles.top}>
        <Link to="/" className={styles.home}>
          <Logo />
          <span className={styles.product}>Postern</span>
        </Link>
        <span className={styles.account}>
          <span className="visually-hidden">Account </span>
          {account}
        </span>
        <AccountMenu />
        <IconButton
          label={isOpen ? 'Close menu' : 'Open menu'}
          className={styles.toggle}
          aria-expanded={isOpen}
          aria-controls="places"
          onClick={() => setOpen(!isOpen)}
        >
          {isOpen ? <X aria-hidden="true" /> : <MenuIcon aria-hidden="true" />}
        </IconButton>
      </header>
      <nav
        id="places"
        aria-label="Pages"
        className={isOpen ? `${styles.nav} ${styles.open}` : styles.nav}
      >
        <ul>
          {places.map(({ to, title, icon: Icon }) => (
            <li key={title}>
              <Link
                to={to}
                className={styles.place}
                activeOptions={{ exact: to === '/', includeSearch: false }}
              >
                <Icon aria-hidden="true" />
                {title}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <main id="main" ref={main} tabIndex={-1} className={styles.main}>
        <Outlet />
      </main>
      <ConfirmIdentity />
    </div>
  )
}
