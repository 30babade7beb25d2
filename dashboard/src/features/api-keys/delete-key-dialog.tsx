import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { useToast } from '../../ui/toast.tsx'
import { useDeleteApiKey } from './api/delete-api-key.ts'
import { WhatBreaks } from './what-breaks.tsx'

/** Asks before a key is deleted, and says what will stop working. */
export function DeleteKeyDialog({
  name,
  onClose,
  onDeleted,
}: {
  readonly name: string
  readonly onClose: () => void
  readonly onDeleted?: () => void
}) {
  const { mutateAsync } = useDeleteApiKey()
  const toast = useToast()
  return (
    <ConfirmDialog
      open
      onOpenChange={onClose}
      title={`Delete ${name}?`}
      confirmLabel="Delete API key"
      onConfirm={async () => {
        await mutateAsync(name)
        toast({ text: `${name} is deleted. Its token opens nothing any more.` })
        onDeleted?.()
      }}
    >
      <p>
        Its token stops working at once and for good. Tables that the key has made stay, and belong
        to the account.
      </p>
      <WhatBreaks name={name} />
    </ConfirmDialog>
  )
}
