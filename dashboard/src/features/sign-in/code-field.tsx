import type { ComponentProps } from 'react'
import { Field } from '../../ui/field.tsx'
import { TextInput } from '../../ui/text-input.tsx'

/** The field for a code of the second factor. */
export function CodeField({
  hint = 'From your authenticator app, or one of your recovery codes.',
  ...input
}: ComponentProps<'input'> & { readonly hint?: string }) {
  return (
    <Field label="Code" hint={hint}>
      {(control) => (
        <TextInput
          {...control}
          {...input}
          mono
          autoComplete="one-time-code"
          autoCapitalize="none"
          spellCheck={false}
          required
        />
      )}
    </Field>
  )
}
