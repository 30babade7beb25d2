import { useState } from 'react'
import { Button } from '../../ui/button.tsx'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ErrorState } from '../../ui/error-state.tsx'
import form from '../../ui/form-layout.module.css'
import { Notice } from '../../ui/notice.tsx'
import { Section } from '../../ui/section.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { Time } from '../../ui/time.tsx'
import { useToast } from '../../ui/toast.tsx'
import {
  useBeginSecondFactor,
  useRenewRecoveryCodes,
  useSecondFactor,
  useTurnOffSecondFactor,
} from './api/use-second-factor.ts'
import { RecoveryCodes } from './recovery-codes.tsx'
import { SetUpDialog } from './set-up-dialog.tsx'

/** A few left are time to make new ones. */
const fewCodes = 3

/** The second factor of the user who is signed in: what there is, and what can be done about it. */
export function SecondFactorSection() {
  const { data: factor, error, refetch } = useSecondFactor()
  const begin = useBeginSecondFactor()
  return (
    <Section
      title="Second factor"
      lead="A code from your phone beside the password: whoever learns the password alone does not get in."
    >
      {error !== null && <ErrorState error={error} onRetry={refetch} />}
      {error === null && factor === undefined && <Skeleton lines={2} />}
      {factor !== undefined &&
        (factor.enabled_at === null ? (
          <TurnedOff begin={begin} />
        ) : (
          <TurnedOn since={factor.enabled_at} codesLeft={factor.recovery_codes_left} />
        ))}
      {/* Out here it stays, with the recovery codes, whatever the server says meanwhile. */}
      {begin.data !== undefined && <SetUpDialog begun={begin.data} onClose={begin.reset} />}
    </Section>
  )
}

function TurnedOff({ begin }: { readonly begin: ReturnType<typeof useBeginSecondFactor> }) {
  return (
    <div className={form.form}>
      <p>You have none.</p>
      {begin.error !== null && (
        <Notice tone="danger">
          <p>{begin.error.message}</p>
        </Notice>
      )}
      <div className={form.row}>
        <Button variant="primary" busy={begin.isPending} onClick={() => begin.mutate()}>
          Set up a second factor
        </Button>
      </div>
    </div>
  )
}

function TurnedOn({ since, codesLeft }: { readonly since: string; readonly codesLeft: number }) {
  const renew = useRenewRecoveryCodes()
  const turnOff = useTurnOffSecondFactor()
  const toast = useToast()
  const [codes, setCodes] = useState<readonly string[]>()
  return (
    <div className={form.form}>
      <p>
        You have one, set up <Time at={since} />. {codesLeft} recovery{' '}
        {codesLeft === 1 ? 'code is' : 'codes are'} left.
      </p>
      {codesLeft <= fewCodes && (
        <Notice tone="warning">
          <p>Make new recovery codes, so that you still get in when your phone is lost.</p>
        </Notice>
      )}
      <div className={form.row}>
        <ConfirmDialog
          title="Make new recovery codes?"
          confirmLabel="Make new codes"
          danger={false}
          trigger={<Button>New recovery codes</Button>}
          onConfirm={async () => setCodes((await renew.mutateAsync()).recovery_codes)}
        >
          <p>The codes that you have are worth nothing then.</p>
        </ConfirmDialog>
        <ConfirmDialog
          title="Turn the second factor off?"
          confirmLabel="Turn off"
          trigger={<Button variant="danger">Turn off</Button>}
          onConfirm={async () => {
            await turnOff.mutateAsync()
            toast({ text: 'The second factor is turned off.' })
          }}
        >
          <p>
            The password alone is enough to sign in then. What your app holds for this account, and
            your recovery codes, are worth nothing any more.
          </p>
        </ConfirmDialog>
      </div>
      {codes !== undefined && (
        <Dialog
          title="Your recovery codes"
          open
          onOpenChange={() => setCodes(undefined)}
          actions={
            <Button variant="primary" onClick={() => setCodes(undefined)}>
              I have kept them
            </Button>
          }
        >
          <RecoveryCodes codes={codes} />
        </Dialog>
      )}
    </div>
  )
}
