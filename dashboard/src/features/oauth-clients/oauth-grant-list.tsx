import { Button } from '../../ui/button.tsx'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { ErrorState } from '../../ui/error-state.tsx'
import { Section } from '../../ui/section.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { Table } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'
import { useDeleteOAuthGrant } from './api/delete-oauth-grant.ts'
import { type OAuthGrant, useOAuthGrants } from './api/list-oauth-grants.ts'
import { nameScope } from './name-scope.ts'
import styles from './oauth-clients-page.module.css'

/** What whoever is signed in has let applications do. */
export function OAuthGrantList() {
  const { data, error, refetch } = useOAuthGrants()
  return (
    <Section
      title="Applications that you have allowed"
      lead="They may do this in your name until you end it, or it ends by itself."
    >
      {error !== null ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : data === undefined ? (
        <Skeleton lines={2} height="2.5rem" />
      ) : data.length === 0 ? (
        <p>You have allowed none.</p>
      ) : (
        <Table caption="Applications that you have allowed" stacked>
          <thead>
            <tr>
              <th scope="col">Application</th>
              <th scope="col">May</th>
              <th scope="col">Since</th>
              <th scope="col">Ends</th>
              <th scope="col">
                <span className="visually-hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {data.map((grant) => (
              <Row key={grant.id} grant={grant} />
            ))}
          </tbody>
        </Table>
      )}
    </Section>
  )
}

function Row({ grant }: { readonly grant: OAuthGrant }) {
  const end = useDeleteOAuthGrant()
  const { client_name: name, scopes } = grant
  return (
    <tr>
      <td data-label="Application" className={styles.name}>
        {name}
      </td>
      <td data-label="May">
        <ul>
          {scopes.map((scope) => (
            <li key={scope}>{nameScope(scope)}</li>
          ))}
        </ul>
      </td>
      <td data-label="Since">
        <Time at={grant.created_at} />
      </td>
      <td data-label="Ends">
        <Time at={grant.expires_at} />
      </td>
      <td data-label="">
        <ConfirmDialog
          title={`End what ${name} may do?`}
          confirmLabel="End"
          onConfirm={() => end.mutateAsync(grant.id)}
          trigger={<Button size="small">{`End ${name}`}</Button>}
        >
          <p>It is signed out of your account at once. It can ask you again.</p>
        </ConfirmDialog>
      </td>
    </tr>
  )
}
