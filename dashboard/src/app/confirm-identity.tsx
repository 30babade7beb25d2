import { useEffect, useRef, useState } from 'react'
import { whenConfirmationIsNeeded } from '../client/confirmation.ts'
import { ConfirmIdentityDialog } from '../features/sign-in/confirm-identity-dialog.tsx'

/** Asks whoever is signed in to prove it, whenever the server wants that before it does something. */
export function ConfirmIdentity() {
  const [isOpen, setOpen] = useState(false)
  const answer = useRef((_isThem: boolean) => {})
  useEffect(
    () =>
      whenConfirmationIsNeeded(
        () =>
          new Promise((resolve) => {
            answer.current = resolve
            setOpen(true)
          }),
      ),
    [],
  )
  const close = (isThem: boolean) => {
    setOpen(false)
    answer.current(isThem)
  }
  return isOpen ? (
    <ConfirmIdentityDialog onConfirmed={() => close(true)} onCancel={() => close(false)} />
  ) : null
}
