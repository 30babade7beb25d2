import { Link, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { useSession } from '../../client/session.ts'
import { Notice } from '../../ui/notice.tsx'
import { Page } from '../../ui/page.tsx'
import type { AccessToken } from './api/access-token.ts'
import { CreatedToken } from './created-token.tsx'
import { draftFromSearch } from './token-draft.ts'
import { TokenWizard } from './token-wizard.tsx'

/** Makes an access token; other pages can have filled in what it is to open. */
export function NewAccessTokenPage() {
  const search = useSearch({ from: '/signed-in/developers/credentials/tokens/new' })
  const { scopes, user } = useSession()
  const [created, setCreated] = useState<AccessToken>()
  if (created !== undefined) return <CreatedToken token={created} />
  return (
    <Page
      title="New API access token"
      lead="A token opens the sources that you choose, by the APIs that you choose, and nothing else."
      back={<Link to="/developers/credentials/tokens">API access tokens</Link>}
    >
      {scopes.includes('write:tokens') ? (
        <TokenWizard initial={draftFromSearch(search)} onCreated={setCreated} />
      ) : (
        <Notice title={`As a ${user.level} you can look, and make nothing`}>
          <p>An owner of the account can change what you may do.</p>
        </Notice>
      )}
    </Page>
  )
}
