import { useState } from 'react'
import { useForm } from 'react-hook-form'
import { ApiError } from '../../client/api-error.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Field } from '../../ui/field.tsx'
import form from '../../ui/form-layout.module.css'
import { Notice } from '../../ui/notice.tsx'
import { Progress } from '../../ui/progress.tsx'
import { Select } from '../../ui/select.tsx'
import { TextArea } from '../../ui/text-area.tsx'
import { TextInput } from '../../ui/text-input.tsx'
import { useToast } from '../../ui/toast.tsx'
import type { Connection } from './api/connections.ts'
import { useSaveConnection } from './api/save-connection.ts'
import { useTestConnection } from './api/test-connection.ts'
import { type ConnectionValues, connectionValues, toConfig, toRequest } from './connection-form.ts'
import { Findings } from './findings.tsx'

const tlsModes = [
  ['verify-full', 'Encrypted; the certificate must name the host'],
  ['verify-ca', 'Encrypted; the certificate must be of the authority'],
  ['require', 'Encrypted; whoever answers is believed'],
  ['disable', 'Not encrypted'],
] as const

/** Registers a PostGIS server, or changes how one is registered. */
export function ConnectionDialog({
  connection,
  onClose,
}: {
  /** The one that is changed; absent: a new one. */
  readonly connection?: Connection
  readonly onClose: (newName?: string) => void
}) {
  const isNew = connection === undefined
  const { register, handleSubmit, getValues, trigger, formState } = useForm<ConnectionValues>({
    defaultValues: connectionValues(connection),
  })
  const save = useSaveConnection(connection?.name)
  const test = useTestConnection()
  const toast = useToast()
  const [showsTest, setShowsTest] = useState(false)
  const { errors } = formState
  const isBusy = save.isPending || test.isPending
  const onSubmit = handleSubmit(async (values) => {
    setShowsTest(false)
    try {
      const saved = await save.mutateAsync(toRequest(values, connection))
      toast({ text: isNew ? `${saved.name} is registered.` : `${saved.name} is changed.` })
      onClose(saved.name)
    } catch {
      // What went wrong is shown from the state of the mutation.
    }
  })
  const onTest = async () => {
    save.reset()
    setShowsTest(true)
    if (await trigger()) test.mutate(toConfig(getValues()))
  }
  const failure = showsTest ? test.error : save.error
  return (
    <Dialog
      title={isNew ? 'Register a server' : `Change ${connection.name}`}
      description="Postern logs in with this role to make a role for each access token. Nothing else on the server is changed."
      open
      wide
      onOpenChange={(open) => {
        if (!open) onClose()
      }}
      actions={
        <>
          <Button onClick={onTest} busy={test.isPending} disabled={save.isPending}>
            Test
          </Button>
          <Button
            variant="primary"
            busy={save.isPending}
            disabled={test.isPending}
            onClick={onSubmit}
          >
            {isNew ? 'Register' : 'Save'}
          </Button>
        </>
      }
    >
      <form className={form.form} onSubmit={onSubmit}>
        <Field
          label="Name"
          hint="It stands in addresses: letters, digits, and . _ - in between."
          error={errors.name?.message}
        >
          {(control) => (
            <TextInput
              {...control}
              autoComplete="off"
              {...register('name', {
                required: 'Give it a name.',
                pattern: {
                  value: /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}$/,
                  message: 'Use letters, digits, and . _ - in between; 63 characters at most.',
                },
              })}
            />
          )}
        </Field>
        <Field label="Host" error={errors.host?.message}>
          {(control) => (
            <TextInput
              {...control}
              autoComplete="off"
              {...register('host', { required: 'Say which host it is.' })}
            />
          )}
        </Field>
        <Field label="Port" error={errors.port?.message}>
          {(control) => (
            <TextInput
              {...control}
              inputMode="numeric"
              autoComplete="off"
              {...register('port', {
                validate: (port) =>
                  (/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535) ||
                  'A port is a number from 1 to 65535.',
              })}
            />
          )}
        </Field>
        <Field label="Database" error={errors.database?.message}>
          {(control) => (
            <TextInput
              {...control}
              autoComplete="off"
              {...register('database', { required: 'Say which database it is.' })}
            />
          )}
        </Field>
        <Field
          label="User"
          hint="A role that may make roles (CREATEROLE) and may grant what tokens are to read. Not a superuser."
          error={errors.user?.message}
        >
          {(control) => (
            <TextInput
              {...control}
              autoComplete="off"
              {...register('user', { required: 'Say which role logs in.' })}
            />
          )}
        </Field>
        <Field
          label="Password"
          optional={!isNew}
          hint={
            isNew
              ? 'Kept sealed, and never shown again.'
              : 'Left empty, the one that is kept stays. A new address wants it again, and so does a test.'
          }
          error={errors.password?.message}
        >
          {(control) => (
            <TextInput
              {...control}
              type="password"
              autoComplete="new-password"
              {...register('password', isNew ? { required: 'The log-in needs a password.' } : {})}
            />
          )}
        </Field>
        <Field label="Encryption">
          {(control) => (
            <Select {...control} {...register('tls')}>
              {tlsModes.map(([mode, meaning]) => (
                <option key={mode} value={mode}>
                  {mode}: {meaning}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field
          label="Certificates of authorities"
          optional
          hint="As PEM, where the server’s certificate is not of a public authority."
        >
          {(control) => <TextArea {...control} mono rows={3} {...register('ca')} />}
        </Field>
      </form>
      {isBusy && <Progress label="Asking the server. This can take some seconds." />}
      {failure !== null && !isBusy && (
        <Notice tone="danger" title={isNew ? 'Not registered' : 'Not changed'}>
          <p>
            {failure instanceof ApiError ? failure.message : 'The server could not be reached.'}
          </p>
        </Notice>
      )}
      {showsTest && test.data !== undefined && (
        <>
          <Notice
            tone={test.data.ready ? 'success' : 'warning'}
            title={test.data.ready ? 'The server is ready' : 'The server is not ready yet'}
          >
            {!test.data.ready && <p>Run the SQL below on the server, then test again.</p>}
          </Notice>
          <Findings findings={test.data.checks} />
        </>
      )}
    </Dialog>
  )
}
