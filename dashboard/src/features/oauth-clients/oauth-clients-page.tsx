import { Plus } from 'lucide-react'
import { useSession } from '../../client/session.ts'
import { Button } from '../../ui/button.tsx'
import { Page } from '../../ui/page.tsx'
import { CredentialTabs } from '../access-tokens/credential-tabs.tsx'
import { NewOAuthClientDialog } from './new-oauth-client-dialog.tsx'
import { OAuthClientList } from './oauth-client-list.tsx'
import { OAuthGrantList } from './oauth-grant-list.tsx'

/** Applications that manage the account in somebody's name, and those that one has let do so oneself. */
export function OAuthClientsPage() {
  const { scopes } = useSession()
  const mayWrite = scopes.includes('write:oauth_clients')
  const create = mayWrite && (
    <NewOAuthClientDialog
      trigger={
        <Button variant="primary">
          <Plus aria-hidden="true" />
          New client
        </Button>
      }
    />
  )
  return (
    <Page
      title="OAuth clients"
      lead="Programs and applications that manage in somebody's name: they make tokens, connections and named sources. They open no data themselves."
      actions={create}
    >
      <CredentialTabs />
      <OAuthClientList mayRead={scopes.includes('read:oauth_clients')} mayWrite={mayWrite} />
      <OAuthGrantList />
    </Page>
  )
}
