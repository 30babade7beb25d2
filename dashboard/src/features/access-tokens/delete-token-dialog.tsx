import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { useToast } from '../../ui/toast.tsx'
import type { AccessToken } from './api/access-token.ts'
import { useDeleteAccessToken } from './api/delete-access-token.ts'
import { useAccessTokenUsage } from './api/get-access-token-usage.ts'
import { tellConsequences } from './tell-consequences.ts'

/** Asks before a token is deleted, and says what that will break. */
export function DeleteTokenDialog({
  token,
  open,
  onOpenChange,
  onDeleted,
}: {
  readonly token: Pick<AccessToken, 'id' | 'name'>
  readonly open: boolean
  readonly onOpenChange: (open: boolean) => void
  readonly onDeleted?: () => void
}) {
  const remove = useDeleteAccessToken()
  const usage = useAccessTokenUsage(token.id, { enabled: open })
  const toast = useToast()
  return (
    <ConfirmDialog
      title={`Delete ${token.name}?`}
      confirmLabel="Delete token"
      open={open}
      onOpenChange={onOpenChange}
      onConfirm={async () => {
        await remove.mutateAsync(token.id)
        toast({ text: `${token.name} is deleted. It opens nothing any more.` })
        onDeleted?.()
      }}
    >
      {usage.isPending ? (
        <Skeleton lines={2} />
      ) : (
        <p>
          {usage.data === undefined
            ? 'How much it was used could not be found out.'
            : tellConsequences(usage.data, Date.now())}
        </p>
      )}
      <p>Whatever is under way with it ends. A deleted token cannot be brought back.</p>
    </ConfirmDialog>
  )
}
