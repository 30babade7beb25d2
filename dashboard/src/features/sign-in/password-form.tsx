import type { ReactNode } from 'react'
import { useForm } from 'react-hook-form'
import { Button } from '../../ui/button.tsx'
import { Field } from '../../ui/field.tsx'
import form from '../../ui/form-layout.module.css'
import { TextInput } from '../../ui/text-input.tsx'
import type { Credentials } from './api/create-session.ts'

/** Who is there, by their password. */
export function PasswordForm({
  given,
  onSubmit,
  onSignOn,
  isBlocked,
  refusal,
}: {
  /** What the fields begin with. */
  readonly given: Omit<Credentials, 'code'>
  readonly onSubmit: (credentials: Credentials) => Promise<void>
  /** Where there is a provider to sign in with. */
  readonly onSignOn?: (account: string) => void
  /** While nobody may try. */
  readonly isBlocked: boolean
  readonly refusal: ReactNode
}) {
  const { register, handleSubmit, getValues, setError, formState } = useForm({
    defaultValues: given,
  })
  return (
    <form className={form.form} onSubmit={handleSubmit(onSubmit)}>
      {refusal}
      <Field label="Account" error={formState.errors.account?.message}>
        {(control) => (
          <TextInput
            {...control}
            {...register('account')}
            autoComplete="organization"
            autoCapitalize="none"
            spellCheck={false}
            required
          />
        )}
      </Field>
      <Field label="User name or e-mail">
        {(control) => (
          <TextInput
            {...control}
            {...register('user')}
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            required
          />
        )}
      </Field>
      <Field label="Password">
        {(control) => (
          <TextInput
            {...control}
            {...register('password')}
            type="password"
            autoComplete="current-password"
            required
          />
        )}
      </Field>
      <Button
        type="submit"
        variant="primary"
        busy={formState.isSubmitting}
        disabled={isBlocked && !formState.isSubmitting}
      >
        Sign in
      </Button>
      {onSignOn !== undefined && (
        <Button
          onClick={() => {
            const { account } = getValues()
            if (account === '') {
              const message = 'Say which account you sign in to.'
              setError('account', { message }, { shouldFocus: true })
            } else onSignOn(account)
          }}
        >
          Sign in with your organisation
        </Button>
      )}
    </form>
  )
}
