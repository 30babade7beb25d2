import { TabLinks } from '../../ui/tab-links.tsx'

/** What the credentials did, and what was done to the account. */
export function ActivityTabs() {
  return (
    <TabLinks
      label="Activity"
      links={[
        { to: '/activity', title: 'Requests' },
        { to: '/activity/audit', title: 'Audit log' },
      ]}
    />
  )
}
