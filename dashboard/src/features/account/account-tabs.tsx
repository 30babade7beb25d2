import { TabLinks } from '../../ui/tab-links.tsx'

/** The pages about the account and whoever is signed in to it. */
export function AccountTabs() {
  return (
    <TabLinks
      label="Account"
      links={[
        { to: '/account', title: 'Profile' },
        { to: '/account/security', title: 'Security' },
        { to: '/account/settings', title: 'Settings' },
        { to: '/account/users', title: 'Users' },
      ]}
    />
  )
}
