import { TabLinks } from '../../ui/tab-links.tsx'

/** The credentials that developers make for applications, beside each other. */
export function CredentialTabs() {
  return (
    <TabLinks
      label="Credentials of developers"
      links={[
        { to: '/developers/credentials/tokens', title: 'API access tokens' },
        { to: '/developers/credentials/oauth-clients', title: 'OAuth clients' },
      ]}
    />
  )
}
