import { AlertDialog } from 'radix-ui'
import { type ReactNode, useState } from 'react'
import { Button } from './button.tsx'
import styles from './dialog.module.css'
import { Notice } from './notice.tsx'
import { useFocusReturn } from './use-focus-return.ts'

/**
 * Asks before something that cannot be undone. `children` say what will end. It stays open, and says
 * why, when `onConfirm` fails.
 */
export function ConfirmDialog({
  title,
  confirmLabel,
  danger = true,
  trigger,
  open,
  onOpenChange,
  onConfirm,
  children,
}: {
  readonly title: string
  readonly confirmLabel: string
  readonly danger?: boolean
  readonly trigger?: ReactNode
  readonly open?: boolean
  readonly onOpenChange?: (open: boolean) => void
  readonly onConfirm: () => Promise<unknown>
  readonly children: ReactNode
}) {
  const [isOpenItself, setOpenItself] = useState(false)
  const [failure, setFailure] = useState<string>()
  const [isBusy, setBusy] = useState(false)
  const focusReturn = useFocusReturn()
  const isOpen = open ?? isOpenItself
  const setOpen = (next: boolean) => {
    setFailure(undefined)
    setOpenItself(next)
    onOpenChange?.(next)
  }
  const confirm = async () => {
    setBusy(true)
    setFailure(undefined)
    try {
      await onConfirm()
      setOpen(false)
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error))
    } finally {
      setBusy(false)
    }
  }
  return (
    <AlertDialog.Root open={isOpen} onOpenChange={setOpen}>
      {trigger !== undefined && <AlertDialog.Trigger asChild>{trigger}</AlertDialog.Trigger>}
      <AlertDialog.Portal>
        <AlertDialog.Overlay className={styles.overlay} />
        <AlertDialog.Content className={styles.content} {...focusReturn}>
          <header className={styles.header}>
            <AlertDialog.Title className={styles.title}>{title}</AlertDialog.Title>
          </header>
          <div className={styles.body}>
            <AlertDialog.Description asChild>
              <div className={styles.description}>{children}</div>
            </AlertDialog.Description>
            {failure !== undefined && <Notice tone="danger">{failure}</Notice>}
          </div>
          <footer className={styles.actions}>
            <AlertDialog.Cancel asChild>
              <Button>Cancel</Button>
            </AlertDialog.Cancel>
            <Button variant={danger ? 'danger' : 'primary'} busy={isBusy} onClick={confirm}>
              {confirmLabel}
            </Button>
          </footer>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  )
}
