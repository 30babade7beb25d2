import { useState } from 'react'
import { useForm } from 'react-hook-form'
import { formatDateTime } from '../../format/times.ts'
import { Button } from '../../ui/button.tsx'
import { Field } from '../../ui/field.tsx'
import form from '../../ui/form-layout.module.css'
import { Notice } from '../../ui/notice.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { TextInput } from '../../ui/text-input.tsx'
import { acceptInvitation, useInvitation } from './api/use-invitation.ts'
import { Door } from './door.tsx'
import { Refusal } from './refusal.tsx'
import { useEnter } from './use-enter.ts'

/** Where the link of an invitation leads. What it proves stands behind the #, which no server is sent. */
export function InvitationPage() {
  const [token] = useState(() => window.location.hash.slice(1))
  const { data: invitation, error } = useInvitation(token)
  if (error !== null) {
    return (
      <Door title="Invitation">
        <Notice tone="danger">
          <p>{error.message}</p>
        </Notice>
      </Door>
    )
  }
  if (invitation === undefined) {
    return (
      <Door title="Invitation">
        <Skeleton lines={6} />
      </Door>
    )
  }
  const { account, invited_by: invitedBy, email, level, expires_at: expiresAt } = invitation
  return (
    <Door title={`Join the account ${account}`}>
      <p>
        {invitedBy} invites {email} to this account as {level === 'viewer' ? 'a' : 'an'} {level}.
        The invitation holds until {formatDateTime(expiresAt)}.
      </p>
      <AcceptForm token={token} />
    </Door>
  )
}

function AcceptForm({ token }: { readonly token: string }) {
  const enter = useEnter()
  const [refusal, setRefusal] = useState<unknown>()
  const { register, handleSubmit, formState } = useForm({
    defaultValues: { name: '', password: '' },
  })
  const submit = handleSubmit(async (values) => {
    setRefusal(undefined)
    try {
      enter(await acceptInvitation({ token, ...values }), '/')
    } catch (error) {
      setRefusal(error)
    }
  })
  return (
    <form className={form.form} onSubmit={submit}>
      <Refusal error={refusal} waitSeconds={0} />
      <Field label="Your name" hint="You sign in with it, or with your e-mail address.">
        {(control) => (
          <TextInput {...control} {...register('name')} autoComplete="username" required />
        )}
      </Field>
      <Field label="A password" hint="At least 12 characters. Several words are easy to remember.">
        {(control) => (
          <TextInput
            {...control}
            {...register('password')}
            type="password"
            autoComplete="new-password"
            minLength={12}
            required
          />
        )}
      </Field>
      <Button type="submit" variant="primary" busy={formState.isSubmitting}>
        Accept and sign in
      </Button>
    </form>
  )
}
