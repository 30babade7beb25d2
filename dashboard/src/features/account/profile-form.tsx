import { useForm } from 'react-hook-form'
import { Button } from '../../ui/button.tsx'
import { Field } from '../../ui/field.tsx'
import form from '../../ui/form-layout.module.css'
import { Notice } from '../../ui/notice.tsx'
import { TextInput } from '../../ui/text-input.tsx'
import { useToast } from '../../ui/toast.tsx'
import { useUpdateMe } from './api/use-update-me.ts'

/** A user's own name and e-mail address. */
export function ProfileForm({
  name,
  email,
}: {
  readonly name: string
  readonly email: string | null
}) {
  const { mutateAsync } = useUpdateMe()
  const toast = useToast()
  const { register, handleSubmit, reset, setError, formState } = useForm({
    defaultValues: { name, email: email ?? '' },
  })
  const submit = handleSubmit(async (values) => {
    try {
      const changed = await mutateAsync({ name: values.name, email: values.email || null })
      reset({ name: changed.name, email: changed.email ?? '' })
      toast({ text: 'Saved.' })
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
      <Field label="Name" hint="You sign in with it. Others of the account see it.">
        {(control) => (
          <TextInput {...control} {...register('name')} autoComplete="username" required />
        )}
      </Field>
      <Field label="E-mail address" hint="You can sign in with it, too." optional>
        {(control) => (
          <TextInput {...control} {...register('email')} type="email" autoComplete="email" />
        )}
      </Field>
      <div className={form.row}>
        <Button
          type="submit"
          variant="primary"
          busy={formState.isSubmitting}
          disabled={!formState.isDirty && !formState.isSubmitting}
        >
          Save
        </Button>
      </div>
    </form>
  )
}
