import { formatDateTime } from '../../format/times.ts'
import { Button } from '../../ui/button.tsx'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { ErrorState } from '../../ui/error-state.tsx'
import { Section } from '../../ui/section.tsx'
import { Table } from '../../ui/table.tsx'
import { useDeleteInvitation } from './api/delete-invitation.ts'
import { type Invitation, useInvitations } from './api/use-invitations.ts'

/** Who is invited and has not accepted yet; nothing where there is nobody. */
export function Invitations({ mayChange }: { readonly mayChange: boolean }) {
  const { data: invitations = [], error, refetch } = useInvitations()
  if (error !== null) return <ErrorState error={error} onRetry={refetch} />
  if (invitations.length === 0) return null
  return (
    <Section title="Invitations" lead="Made, and not accepted yet.">
      <Table caption="Invitations" stacked>
        <thead>
          <tr>
            <th scope="col">E-mail</th>
            <th scope="col">Level</th>
            <th scope="col">Invited by</th>
            <th scope="col">Holds until</th>
            {mayChange && (
              <th scope="col">
                <span className="visually-hidden">Take back</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {invitations.map((invitation) => (
            <tr key={invitation.id}>
              <td data-label="E-mail">{invitation.email}</td>
              <td data-label="Level">{invitation.level}</td>
              <td data-label="Invited by">{invitation.invited_by}</td>
              <td data-label="Holds until">{formatDateTime(invitation.expires_at)}</td>
              {mayChange && (
                <td data-label="">
                  <TakeBack invitation={invitation} />
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </Table>
    </Section>
  )
}

function TakeBack({ invitation: { id, email } }: { readonly invitation: Invitation }) {
  const remove = useDeleteInvitation()
  return (
    <ConfirmDialog
      title={`Take the invitation of ${email} back?`}
      confirmLabel="Take back"
      trigger={
        <Button size="small" aria-label={`Take back the invitation of ${email}`}>
          Take back
        </Button>
      }
      onConfirm={() => remove.mutateAsync(id)}
    >
      <p>Its link opens nothing from then on.</p>
    </ConfirmDialog>
  )
}
