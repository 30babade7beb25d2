import { useForm } from 'react-hook-form'
import { Button } from '../../ui/button.tsx'
import { Choice } from '../../ui/choice.tsx'
import { Field } from '../../ui/field.tsx'
import { Fieldset } from '../../ui/fieldset.tsx'
import form from '../../ui/form-layout.module.css'
import { Notice } from '../../ui/notice.tsx'
import { TextInput } from '../../ui/text-input.tsx'
import { type NewInvitation, useCreateInvitation } from './api/create-invitation.ts'
import { useLevels } from './api/use-levels.ts'
import type { User } from './api/use-users.ts'

/** Whom to invite, and as what. */
export function InviteForm({
  onInvited,
}: {
  readonly onInvited: (invitation: NewInvitation) => void
}) {
  const { data: levels = [] } = useLevels()
  const invite = useCreateInvitation()
  const { register, handleSubmit, formState } = useForm<{ email: string; level: User['level'] }>({
    defaultValues: { email: '', level: 'viewer' },
  })
  return (
    <form
      className={form.form}
      noValidate
      onSubmit={handleSubmit((wanted) => invite.mutate(wanted, { onSuccess: onInvited }))}
    >
      <Field
        label="E-mail"
        hint="Nothing is sent. You get a link to pass on."
        error={formState.errors.email?.message}
      >
        {(control) => (
          <TextInput
            {...control}
            type="email"
            autoComplete="off"
            {...register('email', {
              required: 'Say who is invited.',
              pattern: { value: /^\S+@\S+$/, message: 'This is no e-mail address.' },
            })}
          />
        )}
      </Field>
      <Fieldset legend="Level">
        {[...levels].reverse().map(({ level, meaning }) => (
          <Choice
            key={level}
            type="radio"
            value={level}
            label={level}
            hint={meaning}
            {...register('level')}
          />
        ))}
      </Fieldset>
      {invite.error !== null && <Notice tone="danger">{invite.error.message}</Notice>}
      <div className={form.row}>
        <Button type="submit" variant="primary" busy={invite.isPending}>
          Make the link
        </Button>
      </div>
    </form>
  )
}
