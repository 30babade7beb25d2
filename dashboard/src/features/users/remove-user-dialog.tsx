import type { ReactNode } from 'react'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { useToast } from '../../ui/toast.tsx'
import { useDeleteUser } from './api/delete-user.ts'
import type { User } from './api/use-users.ts'

/** Asks before a user is removed, and says what ends with them. */
export function RemoveUserDialog({
  user,
  isSelf,
  trigger,
}: {
  readonly user: User
  readonly isSelf: boolean
  readonly trigger: ReactNode
}) {
  const remove = useDeleteUser()
  const toast = useToast()
  return (
    <ConfirmDialog
      title={`Remove ${user.name}?`}
      confirmLabel="Remove user"
      trigger={trigger}
      onConfirm={async () => {
        await remove.mutateAsync(user.id)
        toast({ text: `${user.name} is removed.` })
      }}
    >
      <p>With them end at once, wherever they are used:</p>
      <ul>
        <li>{isSelf ? 'your sessions, this one included' : 'their sessions'}</li>
        <li>the access tokens that they have made, and every page that uses one</li>
        <li>OAuth clients that act as them, and what they have let applications do</li>
      </ul>
      <p>API keys, data, connections and named sources belong to the account and stay.</p>
    </ConfirmDialog>
  )
}
