import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'

/** Asks before the tokens that are kept are removed. */
export function ShowOnceDialog({
  open,
  onOpenChange,
  onConfirm,
}: {
  readonly open: boolean
  readonly onOpenChange: (open: boolean) => void
  readonly onConfirm: () => Promise<unknown>
}) {
  return (
    <ConfirmDialog
      title="Show tokens once?"
      confirmLabel="Remove kept tokens"
      open={open}
      onOpenChange={onOpenChange}
      onConfirm={onConfirm}
    >
      <p>
        What is kept of the tokens of this account is removed for good: of API keys, of the master
        key and of everybody’s access tokens. Nobody can copy them here any more.
      </p>
      <p>
        All of them go on working where they are used. Copy now what you still need, the master key
        above all.
      </p>
    </ConfirmDialog>
  )
}
