import { useForm } from 'react-hook-form'
import { Button } from '../../ui/button.tsx'
import { Field } from '../../ui/field.tsx'
import form from '../../ui/form-layout.module.css'
import { Notice } from '../../ui/notice.tsx'
import { TextInput } from '../../ui/text-input.tsx'
import { useToast } from '../../ui/toast.tsx'
import { useUpdateMe } from './api/use-update-me.ts'

/** A new password for the user who is signed in. The present one is asked for when it is sent. */
export function PasswordForm() {
  const { mutateAsync } = useUpdateMe()
  const toast = useToast()
  const { register, handleSubmit, reset, setError, formState } = useForm({
    defaultValues: { password: '' },
  })
  const submit = handleSubmit(async ({ password }) => {
    try {
      await mutateAsync({ password })
      reset()
      toast({ text: 'The password is changed. Everywhere else you are signed out.' })
    } catch (error) {
      setError('root', { message: error instanceof Error ? error.message : String(error) })
    }
  })
  const { root } = formState.errors
  return (
    <form className={`${form.form} ${form.narrow}`} onSubmit={submit}>
      {root && (
        <Notice tone="danger">
          <p>{root.message}</p>
        </Notice>
      )}
      <Field
        label="New password"
        hint="At least 12 characters. Several words are easy to remember."
      >
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
      <div className={form.row}>
        <Button type="submit" busy={formState.isSubmitting}>
          Change password
        </Button>
      </div>
    </form>
  )
}
