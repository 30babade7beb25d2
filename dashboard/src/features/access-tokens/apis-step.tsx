import { Choice } from '../../ui/choice.tsx'
import { Field } from '../../ui/field.tsx'
import { Fieldset } from '../../ui/fieldset.tsx'
import form from '../../ui/form-layout.module.css'
import { TextInput } from '../../ui/text-input.tsx'
import type { DraftStepProps } from './draft-step-props.ts'
import { apiMeanings, apiTitles, findApiBlock, toggleApi, tokenApis } from './token-apis.ts'

/** What the token is called, and which APIs it may use. */
export function ApisStep({ draft, onChange, problemOf, isNew }: DraftStepProps) {
  return (
    <div className={form.form}>
      <Field
        label="Name"
        optional={isNew}
        error={problemOf('name')}
        hint={
          isNew
            ? 'You recognise the token by it; nobody else sees it. Left empty, it is called tk_ and eight letters and digits.'
            : 'You recognise the token by it; nobody else sees it.'
        }
      >
        {(control) => (
          <TextInput
            {...control}
            className={form.narrow}
            value={draft.name}
            autoComplete="off"
            placeholder={isNew ? 'tk_' : ''}
            onChange={(event) => onChange({ ...draft, name: event.target.value })}
          />
        )}
      </Field>
      <Fieldset
        legend="Allowed APIs"
        hint="The token is refused by all others."
        error={problemOf('apis')}
      >
        {tokenApis.map((api) => {
          const block = findApiBlock(api, draft.apis)
          return (
            <Choice
              key={api}
              label={apiTitles[api]}
              hint={block === undefined ? apiMeanings[api] : `${apiMeanings[api]} ${block}`}
              checked={draft.apis.includes(api)}
              disabled={block !== undefined}
              onChange={() => onChange({ ...draft, apis: toggleApi(api, draft.apis) })}
            />
          )
        })}
      </Fieldset>
    </div>
  )
}
