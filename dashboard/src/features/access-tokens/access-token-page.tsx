import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { useSession } from '../../client/session.ts'
import { Button } from '../../ui/button.tsx'
import { ErrorState } from '../../ui/error-state.tsx'
import { Page } from '../../ui/page.tsx'
import { Section } from '../../ui/section.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import type { AccessToken } from './api/access-token.ts'
import { useAccessToken } from './api/get-access-token.ts'
import { DeleteTokenDialog } from './delete-token-dialog.tsx'
import { TokenEditor } from './token-editor.tsx'
import { TokenOverview } from './token-overview.tsx'
import { TokenUsageSnippets } from './token-usage-snippets.tsx'

/** One access token: what it opens, how it is used, and its end. */
export function AccessTokenPage() {
  const { id } = useParams({ from: '/signed-in/developers/credentials/tokens/$id' })
  const { data: token, error, refetch } = useAccessToken(id)
  const back = <Link to="/developers/credentials/tokens">API access tokens</Link>
  if (token !== undefined) return <TokenPage token={token} />
  return (
    <Page title="API access token" back={back}>
      <Section>
        {error === null ? (
          <Skeleton lines={8} />
        ) : (
          <ErrorState error={error} onRetry={() => void refetch()} />
        )}
      </Section>
    </Page>
  )
}

function TokenPage({ token }: { readonly token: AccessToken }) {
  const { view = 'overview' } = useSearch({
    from: '/signed-in/developers/credentials/tokens/$id',
  })
  const navigate = useNavigate()
  const mayWrite = useSession().scopes.includes('write:tokens')
  const [isDeleting, setDeleting] = useState(false)
  const show = (id: string) =>
    void navigate({
      to: '/developers/credentials/tokens/$id',
      params: { id: token.id },
      search: id === 'overview' ? {} : { view: id },
      replace: true,
    })
  return (
    <Page
      title={token.name}
      back={<Link to="/developers/credentials/tokens">API access tokens</Link>}
      actions={
        mayWrite && (
          <Button variant="danger" onClick={() => setDeleting(true)}>
            Delete
          </Button>
        )
      }
    >
      <Tabs
        label="Views of the token"
        value={view === 'edit' && !mayWrite ? 'overview' : view}
        onChange={show}
        tabs={[
          { id: 'overview', title: 'Overview', content: <TokenOverview token={token} /> },
          {
            id: 'use',
            title: 'Use it',
            content: (
              <Section title="Use it" lead="Ready to run once the token stands in it.">
                <TokenUsageSnippets token={token} withSecret={false} />
              </Section>
            ),
          },
          ...(mayWrite
            ? [
                {
                  id: 'edit',
                  title: 'Edit',
                  content: <TokenEditor key={token.updated_at} token={token} />,
                },
              ]
            : []),
        ]}
      />
      <DeleteTokenDialog
        token={token}
        open={isDeleting}
        onOpenChange={setDeleting}
        onDeleted={() => void navigate({ to: '/developers/credentials/tokens' })}
      />
    </Page>
  )
}
