import { Link } from '@tanstack/react-router'
import { Pencil, Plus, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { useSession } from '../../client/session.ts'
import { Button } from '../../ui/button.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorState } from '../../ui/error-state.tsx'
import { IconButton } from '../../ui/icon-button.tsx'
import { Page } from '../../ui/page.tsx'
import { Pager } from '../../ui/pager.tsx'
import { Section } from '../../ui/section.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { Table } from '../../ui/table.tsx'
import { Tag } from '../../ui/tag.tsx'
import { Time } from '../../ui/time.tsx'
import styles from './access-tokens-page.module.css'
import type { AccessToken } from './api/access-token.ts'
import { accessTokensPageSize, useAccessTokens } from './api/list-access-tokens.ts'
import { CredentialTabs } from './credential-tabs.tsx'
import { DeleteTokenDialog } from './delete-token-dialog.tsx'
import { ExpiryTag } from './expiry-tag.tsx'
import { apiTitles } from './token-apis.ts'

/** One's own access tokens. */
export function AccessTokensPage() {
  const mayWrite = useSession().scopes.includes('write:tokens')
  const [page, setPage] = useState(1)
  const { data, error, refetch } = useAccessTokens(page)
  const create = mayWrite && (
    <Button variant="primary" asChild>
      <Link to="/developers/credentials/tokens/new" search={{}}>
        <Plus aria-hidden="true" />
        New token
      </Link>
    </Button>
  )
  return (
    <Page
      title="API access tokens"
      lead="For applications and maps: each opens the sources that you choose, by the APIs and from the sites that you choose. Only you see yours."
      actions={create}
    >
      <CredentialTabs />
      {error !== null ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : data === undefined ? (
        <Section>
          <Skeleton lines={5} height="2.5rem" />
        </Section>
      ) : data.total === 0 ? (
        <EmptyState title="You have no access token yet" action={create}>
          Make one for a map on your site, a notebook or a backend. Tokens that you make with the
          Tokens API appear here as well.
        </EmptyState>
      ) : (
        <Section>
          <TokenTable tokens={data.tokens} mayWrite={mayWrite} />
          <Pager
            page={page}
            pageSize={accessTokensPageSize}
            total={data.total}
            label="API access tokens"
            onChange={setPage}
          />
        </Section>
      )}
    </Page>
  )
}

function TokenTable({
  tokens,
  mayWrite,
}: {
  readonly tokens: readonly AccessToken[]
  readonly mayWrite: boolean
}) {
  const [deleted, setDeleted] = useState<AccessToken>()
  return (
    <>
      <Table caption="API access tokens" stacked>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">APIs</th>
            <th scope="col">Sources</th>
            <th scope="col">Sites</th>
            <th scope="col">Ends</th>
            <th scope="col">Last used</th>
            <th scope="col">
              <span className="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {tokens.map((token) => (
            <tr key={token.id}>
              <td data-label="Name" className={styles.name}>
                <Link to="/developers/credentials/tokens/$id" params={{ id: token.id }} search={{}}>
                  {token.name}
                </Link>
              </td>
              <td data-label="APIs">
                <span className={styles.tags}>
                  {token.allowed_apis.map((api) => (
                    <Tag key={api}>{apiTitles[api]}</Tag>
                  ))}
                </span>
              </td>
              <td data-label="Sources">{countSources(token)}</td>
              <td data-label="Sites" className={styles.sites}>
                {sitesOf(token)}
              </td>
              <td data-label="Ends">
                <ExpiryTag at={token.expiration_date} />
              </td>
              <td data-label="Last used">
                {token.last_used_at === null ? 'never' : <Time at={token.last_used_at} />}
              </td>
              <td data-label="">
                <span className={styles.actions}>
                  {token.token !== null && (
                    <CopyButton text={token.token} label={`Copy token ${token.name}`} iconOnly />
                  )}
                  {mayWrite && (
                    <>
                      <IconButton label={`Edit ${token.name}`} asChild>
                        <Link
                          to="/developers/credentials/tokens/$id"
                          params={{ id: token.id }}
                          search={{ view: 'edit' }}
                        >
                          <Pencil aria-hidden="true" />
                        </Link>
                      </IconButton>
                      <IconButton label={`Delete ${token.name}`} onClick={() => setDeleted(token)}>
                        <Trash2 aria-hidden="true" />
                      </IconButton>
                    </>
                  )}
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </Table>
      {deleted !== undefined && (
        <DeleteTokenDialog
          token={deleted}
          open
          onOpenChange={(open) => {
            if (!open) setDeleted(undefined)
          }}
        />
      )}
    </>
  )
}

function countSources({ grants }: AccessToken): string {
  if (grants.some(({ source }) => source.trim() === '*')) return 'all'
  if (grants.length === 0) return 'none'
  return grants.length === 1 ? '1 source' : `${grants.length} sources`
}

function sitesOf({ referers }: AccessToken): string {
  const [first, ...more] = referers
  if (first === undefined) return 'any'
  return more.length === 0 ? first : `${first} and ${more.length} more`
}
