import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { useToast } from '../../ui/toast.tsx'
import { useUpdateUserLevel } from './api/update-user.ts'
import { useLevels } from './api/use-levels.ts'
import type { User } from './api/use-users.ts'

/** Asks before a user gets another level, and says what that means. */
export function ChangeLevelDialog({
  user,
  level,
  isSelf,
  onClose,
}: {
  readonly user: User
  readonly level: User['level']
  readonly isSelf: boolean
  readonly onClose: () => void
}) {
  const { data: levels } = useLevels()
  const update = useUpdateUserLevel()
  const toast = useToast()
  const meaning = levels?.find((one) => one.level === level)?.meaning
  return (
    <ConfirmDialog
      title={`Make ${user.name} ${level === 'viewer' ? 'a viewer' : `an ${level}`}?`}
      confirmLabel="Change level"
      danger={level !== 'owner'}
      open
      onOpenChange={(isOpen) => {
        if (!isOpen) onClose()
      }}
      onConfirm={async () => {
        await update.mutateAsync({ id: user.id, level })
        toast({ text: `${user.name} is now ${level === 'viewer' ? 'a viewer' : `an ${level}`}.` })
      }}
    >
      {meaning !== undefined && (
        <p>
          {level === 'viewer' ? 'A viewer' : `An ${level}`} may do: {meaning}. It holds at once, in
          sessions and in applications that act for them.
        </p>
      )}
      {level !== 'owner' && (
        <p>Access tokens that they have made go on working. Remove those that should not.</p>
      )}
      {isSelf && <p>This is you: only another owner can change it back.</p>}
    </ConfirmDialog>
  )
}
