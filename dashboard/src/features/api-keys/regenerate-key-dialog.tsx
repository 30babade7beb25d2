import { useRef, useState } from 'react'
import { Button } from '../../ui/button.tsx'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { useRegenerateApiKey } from './api/regenerate-api-key.ts'
import { NewToken } from './new-token.tsx'
import { WhatBreaks } from './what-breaks.tsx'

/** Asks before a key gets a new token, says what will stop working, and shows the new one. */
export function RegenerateKeyDialog({
  name,
  onClose,
}: {
  readonly name: string
  readonly onClose: () => void
}) {
  const { mutateAsync } = useRegenerateApiKey()
  const [token, setToken] = useState<string>()
  const isDone = useRef(false)
  if (token !== undefined) {
    return (
      <Dialog
        open
        onOpenChange={onClose}
        title={`New token of ${name}`}
        description="The old token is refused from now on. Put this one into whatever uses the key."
        actions={
          <Button variant="primary" onClick={onClose}>
            Done
          </Button>
        }
      >
        <NewToken token={token} />
      </Dialog>
    )
  }
  return (
    <ConfirmDialog
      open
      // When all went well it closes by itself: then the new token is shown instead.
      onOpenChange={() => {
        if (!isDone.current) onClose()
      }}
      title={`Regenerate ${name}?`}
      confirmLabel="Regenerate API key"
      onConfirm={async () => {
        const { token: made } = await mutateAsync(name)
        isDone.current = true
        setToken(made ?? '')
      }}
    >
      <p>
        The key gets a new token and keeps all that it may do. The old token stops working at once:
        whatever uses it has to be given the new one.
      </p>
      <WhatBreaks name={name} />
    </ConfirmDialog>
  )
}
