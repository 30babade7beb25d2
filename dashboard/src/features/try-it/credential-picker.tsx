import { Field } from '../../ui/field.tsx'
import { Select } from '../../ui/select.tsx'
import { TextInput } from '../../ui/text-input.tsx'
import { type Credential, pastedId } from './credential.ts'

/** Which credential a request is sent with: one of the account's, or one that is pasted. */
export function CredentialPicker({
  credentials,
  chosen,
  onChoose,
  pasted,
  onPaste,
  pasteError,
}: {
  readonly credentials: readonly Credential[]
  /** Its id, or `pastedId`. */
  readonly chosen: string
  readonly onChoose: (id: string) => void
  readonly pasted: string
  readonly onPaste: (token: string) => void
  readonly pasteError: string | undefined
}) {
  const credential = credentials.find(({ id }) => id === chosen)
  const keys = credentials.filter(({ kind }) => kind === 'api_key')
  const tokens = credentials.filter(({ kind }) => kind === 'access_token')
  return (
    <>
      <Field label="Credential" hint={credential && hintOn(credential)}>
        {(control) => (
          <Select value={chosen} onChange={(event) => onChoose(event.target.value)} {...control}>
            {keys.length > 0 && <Options label="API keys" credentials={keys} />}
            {tokens.length > 0 && <Options label="Your access tokens" credentials={tokens} />}
            <optgroup label="Another">
              <option value={pastedId}>Paste a token</option>
            </optgroup>
          </Select>
        )}
      </Field>
      {needsPasting(credential) && (
        <Field
          label="Token"
          error={pasteError}
          hint={
            credential === undefined
              ? 'An API key or an access token. It stays in this page.'
              : 'The account does not show this token. Paste it to try it; it stays in this page.'
          }
        >
          {(control) => (
            <TextInput
              mono
              type="password"
              autoComplete="off"
              value={pasted}
              onChange={(event) => onPaste(event.target.value)}
              {...control}
            />
          )}
        </Field>
      )}
    </>
  )
}

/** Whether a credential's token is not known to the page. The master key's is asked for. */
export function needsPasting(credential: Credential | undefined): boolean {
  if (credential === undefined) return true
  const isMaster = credential.kind === 'api_key' && credential.type === 'master'
  return credential.token === null && !isMaster
}

function Options({
  label,
  credentials,
}: {
  readonly label: string
  readonly credentials: readonly Credential[]
}) {
  return (
    <optgroup label={label}>
      {credentials.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </optgroup>
  )
}

function hintOn(credential: Credential): string | undefined {
  if (credential.kind === 'access_token') return undefined
  switch (credential.type) {
    case 'master':
      return 'It may do everything, so you are asked to confirm that it is you.'
    case 'default':
      return 'What everybody may do who sends no key.'
    case 'regular':
      return undefined
  }
}
