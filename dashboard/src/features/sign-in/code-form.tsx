import type { ReactNode } from 'react'
import { useForm } from 'react-hook-form'
import { Button } from '../../ui/button.tsx'
import form from '../../ui/form-layout.module.css'
import { CodeField } from './code-field.tsx'

/** The second step, for users with a second factor. */
export function CodeForm({
  onSubmit,
  onBack,
  isBlocked,
  refusal,
}: {
  readonly onSubmit: (code: string) => Promise<void>
  readonly onBack: () => void
  readonly isBlocked: boolean
  readonly refusal: ReactNode
}) {
  const { register, handleSubmit, resetField, setFocus, formState } = useForm({
    defaultValues: { code: '' },
  })
  const submit = handleSubmit(async ({ code }) => {
    await onSubmit(code)
    // Still here: it was not the right one, and is worth nothing any more.
    resetField('code')
    setFocus('code')
  })
  return (
    <form className={form.form} onSubmit={submit}>
      {refusal}
      <CodeField {...register('code')} autoFocus />
      <div className={form.row}>
        <Button
          type="submit"
          variant="primary"
          busy={formState.isSubmitting}
          disabled={isBlocked && !formState.isSubmitting}
        >
          Sign in
        </Button>
        <Button variant="quiet" onClick={onBack}>
          Back
        </Button>
      </div>
    </form>
  )
}
