import { type FormEvent, lazy, Suspense, useId, useState } from 'react'
import { Button } from '../../ui/button.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import form from '../../ui/form-layout.module.css'
import { Skeleton } from '../../ui/skeleton.tsx'
import { CodeField } from '../sign-in/code-field.tsx'
import { Refusal } from '../sign-in/refusal.tsx'
import { useFinishSecondFactor } from './api/use-second-factor.ts'
import { RecoveryCodes } from './recovery-codes.tsx'
import styles from './set-up-dialog.module.css'

// What draws it is fetched when somebody sets one up.
const QrCode = lazy(async () => ({ default: (await import('./qr-code.tsx')).QrCode }))

/** From the secret that was made to the recovery codes; closed before that, nothing has changed. */
export function SetUpDialog({
  begun,
  onClose,
}: {
  readonly begun: { readonly secret: string; readonly uri: string }
  readonly onClose: () => void
}) {
  const id = useId()
  const [code, setCode] = useState('')
  const { mutate, data, error, isPending } = useFinishSecondFactor()
  if (data !== undefined) {
    return (
      <Dialog
        title="Your recovery codes"
        open
        onOpenChange={onClose}
        actions={
          <Button variant="primary" onClick={onClose}>
            I have kept them
          </Button>
        }
      >
        <p>The second factor is turned on.</p>
        <RecoveryCodes codes={data.recovery_codes} />
      </Dialog>
    )
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!isPending) mutate(code, { onError: () => setCode('') })
  }
  return (
    <Dialog
      title="Set up a second factor"
      open
      onOpenChange={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form={id} variant="primary" busy={isPending}>
            Turn on
          </Button>
        </>
      }
    >
      <form id={id} className={form.form} onSubmit={submit}>
        <p>Let an authenticator app read this, or type the secret into it.</p>
        <div className={styles.code}>
          <Suspense fallback={<Skeleton lines={1} height="13rem" />}>
            <QrCode text={begun.uri} label="QR code of the secret, for an authenticator app" />
          </Suspense>
        </div>
        <p className={styles.secret}>
          <code>{begun.secret.replace(/(.{4})(?=.)/g, '$1 ')}</code>
          <CopyButton text={begun.secret} label="Copy secret" iconOnly />
        </p>
        <Refusal error={error} waitSeconds={0} />
        <CodeField
          hint="The code that the app shows now."
          inputMode="numeric"
          autoFocus
          value={code}
          onChange={(event) => setCode(event.target.value)}
        />
      </form>
    </Dialog>
  )
}
