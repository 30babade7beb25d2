import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { ApiError } from '../../client/api-error.ts'
import { useSession } from '../../client/session.ts'
import { Button } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorState } from '../../ui/error-state.tsx'
import { Page } from '../../ui/page.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { useApiKey } from './api/get-api-key.ts'
import { DeleteKeyDialog } from './delete-key-dialog.tsx'
import { KeyDetails } from './key-details.tsx'
import { mayDelete, mayRegenerate } from './key-rights.ts'
import { RegenerateKeyDialog } from './regenerate-key-dialog.tsx'

const route = getRouteApi('/signed-in/api-keys/$name')

/** One key. */
export function ApiKeyPage() {
  const { name } = route.useParams()
  const session = useSession()
  const navigate = useNavigate()
  const { data, error, refetch } = useApiKey(name)
  const [asking, setAsking] = useState<'regenerate' | 'delete'>()
  const close = () => setAsking(undefined)
  const back = <Link to="/api-keys">API keys</Link>
  if (error instanceof ApiError && error.status === 404) {
    return (
      <Page title={name} back={back}>
        <EmptyState title="There is no such API key">It may have been deleted.</EmptyState>
      </Page>
    )
  }
  const actions = data !== undefined && (
    <>
      {mayRegenerate(session, data.type) && (
        <Button onClick={() => setAsking('regenerate')}>Regenerate</Button>
      )}
      {mayDelete(session, data.type) && (
        <Button variant="danger" onClick={() => setAsking('delete')}>
          Delete
        </Button>
      )}
    </>
  )
  return (
    <Page title={name} back={back} actions={actions}>
      {error !== null ? (
        <ErrorState error={error} onRetry={refetch} />
      ) : data === undefined ? (
        <Skeleton lines={8} height="2.5rem" />
      ) : (
        <KeyDetails apiKey={data} />
      )}
      {asking === 'regenerate' && <RegenerateKeyDialog name={name} onClose={close} />}
      {asking === 'delete' && (
        <DeleteKeyDialog
          name={name}
          onClose={close}
          onDeleted={() => navigate({ to: '/api-keys' })}
        />
      )}
    </Page>
  )
}
