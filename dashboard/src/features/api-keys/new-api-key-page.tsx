import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useSession } from '../../client/session.ts'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorState } from '../../ui/error-state.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Page } from '../../ui/page.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { useCreateApiKey } from './api/create-api-key.ts'
import { useGrantable } from './api/get-grantable.ts'
import type { ApiKey } from './api/list-api-keys.ts'
import { KeyDetails } from './key-details.tsx'
import { mayMakeKeys } from './key-rights.ts'
import { NewKeyForm } from './new-key-form.tsx'
import { prefillKeyForm } from './prefill-key-form.ts'

const route = getRouteApi('/signed-in/api-keys/new')

/** Makes a key, and shows it with its token once it is made. */
export function NewApiKeyPage() {
  const session = useSession()
  const search = route.useSearch()
  const grantable = useGrantable()
  const { mutateAsync } = useCreateApiKey()
  const [made, setMade] = useState<ApiKey>()
  const back = <Link to="/api-keys">API keys</Link>
  if (!mayMakeKeys(session)) {
    return (
      <Page title="New API key" back={back}>
        <EmptyState title="You may not make API keys">
          Viewers look and nothing else. Ask an owner of the account to make one, or to raise your
          level.
        </EmptyState>
      </Page>
    )
  }
  if (made !== undefined) {
    return (
      <Page title="Your API key details" back={back}>
        <Notice tone="success" title={`${made.name} is made`}>
          Copy its token into the application that uses it.
        </Notice>
        <KeyDetails apiKey={made} isNew />
      </Page>
    )
  }
  return (
    <Page title="New API key" back={back}>
      {grantable.error !== null ? (
        <ErrorState error={grantable.error} onRetry={grantable.refetch} />
      ) : grantable.data === undefined ? (
        <Skeleton lines={10} height="2.5rem" />
      ) : (
        <NewKeyForm
          initial={prefillKeyForm(search)}
          grantable={grantable.data}
          onSave={async (request) => {
            const key = await mutateAsync(request)
            setMade(key)
            return key
          }}
        />
      )}
    </Page>
  )
}
