import { type FormEvent, useId, useState } from 'react'
import { ApiError } from '../../client/api-error.ts'
import { useSession } from '../../client/session.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Field } from '../../ui/field.tsx'
import form from '../../ui/form-layout.module.css'
import { TextInput } from '../../ui/text-input.tsx'
import { useConfirmSession } from './api/confirm-session.ts'
import { CodeField } from './code-field.tsx'
import { Refusal } from './refusal.tsx'
import { leaveToConfirm } from './sign-on.ts'
import { useWait } from './use-wait.ts'

/** Asks for the password once more, and for a code where there is a second factor. */
export function ConfirmIdentityDialog({
  onConfirmed,
  onCancel,
}: {
  readonly onConfirmed: () => void
  readonly onCancel: () => void
}) {
  const id = useId()
  const isFromProvider = useSession().sign_in_by === 'oidc'
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const { mutate, error, isPending } = useConfirmSession()
  const [needsCode, setNeedsCode] = useState(false)
  const isFirstNeed = error instanceof ApiError && error.code === 'second_factor_needed'
  const waitSeconds = useWait(error)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    // The page under it may have a form of its own.
    event.stopPropagation()
    if (isPending) return
    mutate(needsCode ? { password, code } : { password }, {
      onSuccess: onConfirmed,
      onError: (refused) => {
        setCode('')
        if (refused instanceof ApiError && refused.code === 'second_factor_needed') {
          setNeedsCode(true)
        }
      },
    })
  }
  return (
    <Dialog
      title="Confirm that it is you"
      description="This holds for ten minutes."
      open
      onOpenChange={onCancel}
      actions={
        <>
          <Button onClick={onCancel}>Cancel</Button>
          {isFromProvider && (
            <Button onClick={leaveToConfirm}>Confirm with your organisation</Button>
          )}
          <Button
            type="submit"
            form={id}
            variant="primary"
            busy={isPending}
            disabled={waitSeconds > 0}
          >
            Confirm
          </Button>
        </>
      }
    >
      <form id={id} className={form.form} onSubmit={submit}>
        {!isFirstNeed && <Refusal error={error} waitSeconds={waitSeconds} />}
        <Field label="Password">
          {(control) => (
            <TextInput
              {...control}
              type="password"
              autoComplete="current-password"
              required
              autoFocus
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          )}
        </Field>
        {needsCode && (
          <CodeField autoFocus value={code} onChange={(event) => setCode(event.target.value)} />
        )}
      </form>
    </Dialog>
  )
}
