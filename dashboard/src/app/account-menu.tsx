import { useQueryClient } from '@tanstack/react-query'
import { Link, useRouter } from '@tanstack/react-router'
import { CircleUser, LogOut, Monitor, Moon, Sun } from 'lucide-react'
import { useState } from 'react'
import { api } from '../client/api.ts'
import { sessionQuery, useSession } from '../client/session.ts'
import { Button } from '../ui/button.tsx'
import { Menu, MenuItem } from '../ui/menu.tsx'
import { useToast } from '../ui/toast.tsx'
import styles from './account-menu.module.css'
import { chooseTheme, chosenTheme, themes } from './theme.ts'

const looks = {
  system: { title: 'As the system', icon: Monitor },
  light: { title: 'Light', icon: Sun },
  dark: { title: 'Dark', icon: Moon },
} as const

/** Who is signed in, how the dashboard looks to them, and the way out. */
export function AccountMenu() {
  const { user } = useSession()
  const [theme, setTheme] = useState(chosenTheme)
  const signOut = useSignOut()
  return (
    <Menu
      trigger={
        <Button variant="quiet" size="small">
          <CircleUser aria-hidden="true" />
          <span className={styles.name}>{user.name}</span>
        </Button>
      }
    >
      <MenuItem asChild>
        <Link to="/account">Profile</Link>
      </MenuItem>
      {themes.map((one) => {
        const { title, icon: Icon } = looks[one]
        return (
          <MenuItem
            key={one}
            onSelect={() => {
              chooseTheme(one)
              setTheme(one)
            }}
          >
            <Icon aria-hidden="true" />
            {title}
            {one === theme && <span className={styles.chosen}>chosen</span>}
          </MenuItem>
        )
      })}
      <MenuItem onSelect={signOut}>
        <LogOut aria-hidden="true" />
        Sign out
      </MenuItem>
    </Menu>
  )
}

function useSignOut(): () => void {
  const queryClient = useQueryClient()
  const router = useRouter()
  const toast = useToast()
  return () => {
    api.DELETE('/session').then(
      async () => {
        queryClient.clear()
        queryClient.setQueryData(sessionQuery.queryKey, null)
        await router.navigate({ to: '/sign-in', search: {} })
      },
      (error: Error) => toast({ tone: 'danger', text: error.message }),
    )
  }
}
