import { type ReactElement, useState } from 'react'
import { Dialog } from '../../ui/dialog.tsx'
import type { RegisteredOAuthClient } from './api/create-oauth-client.ts'
import { NewOAuthClientForm } from './new-oauth-client-form.tsx'
import { RegisteredClient } from './registered-client.tsx'

/** Registers a client, and then shows what it needs to know. */
export function NewOAuthClientDialog({ trigger }: { readonly trigger: ReactElement }) {
  const [isOpen, setOpen] = useState(false)
  const [registered, setRegistered] = useState<RegisteredOAuthClient>()
  const close = () => {
    setOpen(false)
    setRegistered(undefined)
  }
  return (
    <Dialog
      title={registered === undefined ? 'New OAuth client' : `${registered.name} is registered`}
      open={isOpen}
      onOpenChange={(open) => (open ? setOpen(true) : close())}
      trigger={trigger}
    >
      {registered === undefined ? (
        <NewOAuthClientForm onRegistered={setRegistered} onCancel={close} />
      ) : (
        <RegisteredClient client={registered} onDone={close} />
      )}
    </Dialog>
  )
}
