import { Trash2 } from 'lucide-react'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorState } from '../../ui/error-state.tsx'
import { IconButton } from '../../ui/icon-button.tsx'
import { Section } from '../../ui/section.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { Table } from '../../ui/table.tsx'
import { Tag } from '../../ui/tag.tsx'
import { Time } from '../../ui/time.tsx'
import { useDeleteOAuthClient } from './api/delete-oauth-client.ts'
import { type OAuthClient, useOAuthClients } from './api/list-oauth-clients.ts'
import styles from './oauth-clients-page.module.css'

/** The clients of the account, for its owners. */
export function OAuthClientList({
  mayRead,
  mayWrite,
}: {
  readonly mayRead: boolean
  readonly mayWrite: boolean
}) {
  const { data, error, refetch } = useOAuthClients({ enabled: mayRead })
  if (!mayRead) {
    return (
      <Section title="Clients of the account">
        <p>Owners of the account see and register its clients.</p>
      </Section>
    )
  }
  if (error !== null) return <ErrorState error={error} onRetry={() => void refetch()} />
  return (
    <Section title="Clients of the account">
      {data === undefined ? (
        <Skeleton lines={4} height="2.5rem" />
      ) : data.length === 0 ? (
        <EmptyState title="There is no OAuth client yet">
          Register one for a backend that makes tokens by itself, or for an application that people
          sign in to.
        </EmptyState>
      ) : (
        <Table caption="OAuth clients" stacked>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Kind</th>
              <th scope="col">Client id</th>
              <th scope="col">May</th>
              <th scope="col">Registered</th>
              <th scope="col">
                <span className="visually-hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {data.map((client) => (
              <Row key={client.client_id} client={client} mayWrite={mayWrite} />
            ))}
          </tbody>
        </Table>
      )}
    </Section>
  )
}

function Row({ client, mayWrite }: { readonly client: OAuthClient; readonly mayWrite: boolean }) {
  const remove = useDeleteOAuthClient()
  const { client_id: id, name, kind, redirect_uris: redirects, scopes } = client
  return (
    <tr>
      <td data-label="Name" className={styles.name}>
        {name}
        {redirects.map((address) => (
          <div key={address} className={styles.address}>
            {address}
          </div>
        ))}
      </td>
      <td data-label="Kind">
        <Tag>{kind === 'm2m' ? 'program' : 'in browsers'}</Tag>
      </td>
      <td data-label="Client id">
        <code>{id}</code>
      </td>
      <td data-label="May" className={styles.scopes}>
        {scopes.join(', ')}
      </td>
      <td data-label="Registered">
        <Time at={client.created_at} />
      </td>
      <td data-label="">
        {mayWrite && (
          <ConfirmDialog
            title={`Delete ${name}?`}
            confirmLabel="Delete client"
            onConfirm={() => remove.mutateAsync(id)}
            trigger={
              <IconButton label={`Delete ${name}`}>
                <Trash2 aria-hidden="true" />
              </IconButton>
            }
          >
            <p>
              {kind === 'm2m'
                ? 'The program is signed out at once and its secret is no longer good.'
                : 'Everybody who has let it act for them is signed out of it at once.'}{' '}
              Tokens and other things that it has made stay. It cannot be brought back.
            </p>
          </ConfirmDialog>
        )}
      </td>
    </tr>
  )
}
