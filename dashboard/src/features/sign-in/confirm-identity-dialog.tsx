import { useState } from 'react'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Field } from '../../ui/field.tsx'
import { TextInput } from '../../ui/text-input.tsx'

/** Asks for the password once more. */
export function ConfirmIdentityDialog({
  onConfirmed,
  onCancel,
}: {
  readonly onConfirmed: () => void
  readonly onCancel: () => void
}) {
  const [password, setPassword] = useState('')
  return (
    <Dialog
      title="Confirm that it is you"
      open
      onOpenChange={onCancel}
      actions={
        <Button variant="primary" onClick={onConfirmed} disabled={password === ''}>
          Confirm
        </Button>
      }
    >
      <Field label="Password">
        {(control) => (
          <TextInput
            {...control}
            type="password"
            autoComplete="current-password"
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        )}
      </Field>
    </Dialog>
  )
}
