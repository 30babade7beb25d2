import { useQueryClient } from '@tanstack/react-query'
import { useRouter, useSearch } from '@tanstack/react-router'
import { useForm } from 'react-hook-form'
import { Logo } from '../../app/logo.tsx'
import { api, dataOf } from '../../client/api.ts'
import { setCsrfToken } from '../../client/csrf-token.ts'
import { sessionQuery } from '../../client/session.ts'
import { Button } from '../../ui/button.tsx'
import { Field } from '../../ui/field.tsx'
import form from '../../ui/form-layout.module.css'
import { Notice } from '../../ui/notice.tsx'
import { TextInput } from '../../ui/text-input.tsx'
import styles from './sign-in-page.module.css'

/** The door. */
export function SignInPage() {
  const { next, account } = useSearch({ from: '/sign-in' })
  const queryClient = useQueryClient()
  const router = useRouter()
  const { register, handleSubmit, setError, formState } = useForm({
    defaultValues: { account: account ?? '', user: '', password: '' },
  })
  const submit = handleSubmit(async (values) => {
    try {
      const session = await dataOf(api.POST('/session', { body: values }))
      setCsrfToken(session.csrf_token)
      queryClient.setQueryData(sessionQuery.queryKey, session)
      await router.navigate({ to: next?.startsWith('/') && !next.startsWith('//') ? next : '/' })
    } catch (error) {
      setError('root', { message: error instanceof Error ? error.message : String(error) })
    }
  })
  return (
    <main className={styles.page}>
      <form className={`${form.form} ${styles.card}`} onSubmit={submit}>
        <div className={styles.head}>
          <Logo />
          <h1>Sign in to Postern</h1>
        </div>
        {formState.errors.root && <Notice tone="danger">{formState.errors.root.message}</Notice>}
        <Field label="Account">
          {(control) => (
            <TextInput {...control} {...register('account')} autoComplete="organization" />
          )}
        </Field>
        <Field label="User name or e-mail">
          {(control) => <TextInput {...control} {...register('user')} autoComplete="username" />}
        </Field>
        <Field label="Password">
          {(control) => (
            <TextInput
              {...control}
              {...register('password')}
              type="password"
              autoComplete="current-password"
            />
          )}
        </Field>
        <Button type="submit" variant="primary" busy={formState.isSubmitting}>
          Sign in
        </Button>
      </form>
    </main>
  )
}
