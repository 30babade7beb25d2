import { useForm } from 'react-hook-form'
import { useSession } from '../../client/session.ts'
import { Button } from '../../ui/button.tsx'
import { Choice } from '../../ui/choice.tsx'
import { Field } from '../../ui/field.tsx'
import { Fieldset } from '../../ui/fieldset.tsx'
import form from '../../ui/form-layout.module.css'
import { Notice } from '../../ui/notice.tsx'
import { TextArea } from '../../ui/text-area.tsx'
import { TextInput } from '../../ui/text-input.tsx'
import { type RegisteredOAuthClient, useCreateOAuthClient } from './api/create-oauth-client.ts'
import type { Scope } from './api/list-oauth-clients.ts'
import { findRedirectProblem, splitRedirects } from './find-redirect-problem.ts'
import { nameScope } from './name-scope.ts'

type Values = {
  readonly name: string
  readonly kind: 'm2m' | 'public'
  readonly redirects: string
  readonly scopes: readonly string[]
}

/** What a client is to be: a program with a secret, or an application in browsers. */
export function NewOAuthClientForm({
  onRegistered,
  onCancel,
}: {
  readonly onRegistered: (client: RegisteredOAuthClient) => void
  readonly onCancel: () => void
}) {
  const { scopes } = useSession()
  const create = useCreateOAuthClient()
  const { register, handleSubmit, watch, formState } = useForm<Values>({
    defaultValues: { name: '', kind: 'm2m', redirects: '', scopes: [] },
  })
  const kind = watch('kind')
  const { errors } = formState
  const submit = handleSubmit((values) =>
    create
      .mutateAsync({
        name: values.name.trim(),
        kind: values.kind,
        scopes: values.scopes as Scope[],
        ...(values.kind === 'public' && { redirect_uris: [...splitRedirects(values.redirects)] }),
      })
      .then(onRegistered)
      // It is shown above the form.
      .catch(() => {}),
  )
  return (
    <form className={form.form} onSubmit={submit} noValidate>
      {create.error !== null && (
        <Notice tone="danger">
          <p>{create.error.message}</p>
        </Notice>
      )}
      <Field
        label="Name"
        error={errors.name?.message}
        hint="People see it when they are asked what the application may do."
      >
        {(control) => (
          <TextInput
            {...control}
            {...register('name', {
              validate: (name) => name.trim() !== '' || 'Write what the client is called.',
              maxLength: { value: 100, message: 'A name can have at most 100 characters.' },
            })}
            autoComplete="off"
          />
        )}
      </Field>
      <Fieldset legend="Kind">
        <Choice
          type="radio"
          label="Program"
          hint="Runs on a server and keeps a secret. It acts as you, without you."
          value="m2m"
          {...register('kind')}
        />
        <Choice
          type="radio"
          label="Application in browsers"
          hint="Has no secret. It acts as whoever signs in and agrees."
          value="public"
          {...register('kind')}
        />
      </Fieldset>
      {kind === 'public' && (
        <Field
          label="Addresses to come back to"
          hint="Whole addresses, one a line. People are sent nowhere else with what opens their account."
          error={errors.redirects?.message}
        >
          {(control) => (
            <TextArea
              {...control}
              {...register('redirects', {
                validate: (text) => {
                  const addresses = splitRedirects(text)
                  if (addresses.length === 0) return 'Write at least one address.'
                  const wrong = addresses.find((one) => findRedirectProblem(one) !== undefined)
                  return wrong === undefined || `${wrong}: ${findRedirectProblem(wrong)}`
                },
              })}
              mono
              rows={2}
              spellCheck={false}
              placeholder="https://app.example.com/callback"
            />
          )}
        </Field>
      )}
      <Fieldset
        legend="What it may do"
        hint="At most what you may do yourself."
        error={errors.scopes?.message}
      >
        {scopes.map((scope) => (
          <Choice
            key={scope}
            label={nameScope(scope)}
            hint={<code>{scope}</code>}
            value={scope}
            {...register('scopes', {
              validate: (chosen) => chosen.length > 0 || 'Choose at least one.',
            })}
          />
        ))}
      </Fieldset>
      <div className={form.row}>
        <Button type="submit" variant="primary" busy={create.isPending}>
          Register client
        </Button>
        <Button onClick={onCancel}>Cancel</Button>
      </div>
    </form>
  )
}
