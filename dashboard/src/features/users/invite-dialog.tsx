import { UserPlus } from 'lucide-react'
import { useState } from 'react'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import type { NewInvitation } from './api/create-invitation.ts'
import { InvitationLink } from './invitation-link.tsx'
import { InviteForm } from './invite-form.tsx'

/** Invites somebody by a link, which is shown this once. */
export function InviteDialog() {
  const [isOpen, setOpen] = useState(false)
  const [invitation, setInvitation] = useState<NewInvitation>()
  const close = () => {
    setOpen(false)
    setInvitation(undefined)
  }
  return (
    <Dialog
      title={invitation === undefined ? 'Invite a user' : 'Invitation'}
      open={isOpen}
      onOpenChange={(next) => (next ? setOpen(true) : close())}
      trigger={
        <Button variant="primary">
          <UserPlus aria-hidden="true" />
          Invite a user
        </Button>
      }
      {...(invitation !== undefined && {
        actions: (
          <Button variant="primary" onClick={close}>
            Done
          </Button>
        ),
      })}
    >
      {invitation === undefined ? (
        <InviteForm onInvited={setInvitation} />
      ) : (
        <InvitationLink invitation={invitation} />
      )}
    </Dialog>
  )
}
