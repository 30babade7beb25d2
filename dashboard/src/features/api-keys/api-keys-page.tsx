import { Link } from '@tanstack/react-router'
import { Plus } from 'lucide-react'
import { ApiError } from '../../client/api-error.ts'
import { useSession } from '../../client/session.ts'
import { Button } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Page } from '../../ui/page.tsx'
import { useApiKeys } from './api/list-api-keys.ts'
import { KeyList } from './key-list.tsx'
import { mayMakeKeys } from './key-rights.ts'

/** The keys of the account: the two that it always has, and those that somebody made. */
export function ApiKeysPage() {
  const session = useSession()
  const builtIn = useApiKeys({ types: 'master,default', page: 1, pageSize: 2 })
  if (builtIn.error instanceof ApiError && builtIn.error.code === 'engine_disabled') {
    return (
      <Page title="API keys">
        <EmptyState title="API keys are switched off for this account">
          Whoever runs this server has switched its engine off. Until it is on again, keys cannot be
          managed, and custom keys open nothing.
        </EmptyState>
      </Page>
    )
  }
  const newKey = mayMakeKeys(session) && (
    <Button asChild variant="primary">
      <Link to="/api-keys/new">
        <Plus aria-hidden="true" />
        New API key
      </Link>
    </Button>
  )
  return (
    <Page
      title="API keys"
      lead="Long-lived credentials for applications. Make one for each application and grant it no more than it needs."
      actions={newKey}
    >
      <KeyList
        title="Default API keys"
        lead="Every account has these two."
        types="master,default"
      />
      <KeyList
        title="Custom API keys"
        lead="What they may do was decided when they were made, and cannot change."
        types="regular"
        empty={
          <EmptyState title="No custom API keys yet" action={newKey}>
            A custom key opens the tables and APIs that you choose, and nothing else.
          </EmptyState>
        }
      />
    </Page>
  )
}
