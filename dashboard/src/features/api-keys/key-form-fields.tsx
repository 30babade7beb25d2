import { Choice } from '../../ui/choice.tsx'
import { Field } from '../../ui/field.tsx'
import { Fieldset } from '../../ui/fieldset.tsx'
import { Select } from '../../ui/select.tsx'
import { TextInput } from '../../ui/text-input.tsx'
import { apiHint, apiLabel } from './api-names.ts'
import type { KeyApi, KeyForm } from './key-form.ts'
import { withApi, withCreating, withService } from './key-form.ts'
import styles from './key-form-fields.module.css'
import type { KeyFormPart } from './place-key-error.ts'
import { TableGrid } from './table-grid.tsx'

type Part = {
  readonly form: KeyForm
  readonly onChange: (change: (form: KeyForm) => KeyForm) => void
  readonly errors: Partial<Record<KeyFormPart, string>>
}

/** What the key is called, and what is said of it. */
export function NameFields({ form, onChange, errors }: Part) {
  return (
    <>
      <Field label="Name" hint="Say where it is used: the name cannot change." error={errors.name}>
        {(control) => (
          <TextInput
            {...control}
            required
            autoComplete="off"
            maxLength={200}
            value={form.name}
            onChange={({ target }) => onChange((before) => ({ ...before, name: target.value }))}
          />
        )}
      </Field>
      <Field
        label="Description"
        hint="For whoever asks later: who has it, and what for."
        optional
        error={errors.description}
      >
        {(control) => (
          <TextInput
            {...control}
            autoComplete="off"
            maxLength={1000}
            value={form.description}
            onChange={({ target }) =>
              onChange((before) => ({ ...before, description: target.value }))
            }
          />
        )}
      </Field>
    </>
  )
}

/** Which APIs the key opens. */
export function ApiFields({ form, onChange, apis }: Part & { readonly apis: readonly KeyApi[] }) {
  return (
    <Fieldset legend="APIs" hint="Which APIs take this key.">
      {apis.map((api) => (
        <Choice
          key={api}
          label={apiLabel(api)}
          hint={apiHint(api)}
          checked={form.apis.includes(api)}
          onChange={({ target }) => onChange((before) => withApi(before, api, target.checked))}
        />
      ))}
    </Fieldset>
  )
}

/** Whether the key may make and list datasets, and which tables it opens. */
export function DatasetFields({
  form,
  onChange,
  errors,
  schemas,
}: Part & { readonly schemas: readonly string[] }) {
  return (
    <>
      <Fieldset legend="Datasets" error={errors.datasets}>
        {schemas.map((schema) => (
          <Choice
            key={schema}
            label={schemas.length > 1 ? `Create datasets in ${schema}` : 'Create datasets'}
            hint="It makes tables of its own by SQL, and may change and drop those."
            checked={form.createIn.includes(schema)}
            onChange={({ target }) =>
              onChange((before) => withCreating(before, schema, target.checked))
            }
          />
        ))}
        <Choice
          label="List datasets"
          hint="It is told the names and the privacy of all tables, not their rows."
          checked={form.listing}
          onChange={({ target }) => onChange((before) => ({ ...before, listing: target.checked }))}
        />
      </Fieldset>
      <Fieldset
        legend="Tables"
        hint="What the key may do to which table. Every key reads what is public."
        error={errors.tables}
      >
        <TableGrid form={form} onChange={onChange} />
      </Fieldset>
    </>
  )
}

/** Which data services the key may call. */
export function ServiceFields({
  form,
  onChange,
  services,
}: Part & { readonly services: readonly string[] }) {
  return (
    <Fieldset
      legend="Data services"
      hint="Kept with the key for clients of the classic platform. None of them runs here yet."
    >
      <div className={styles.columns}>
        {services.map((service) => (
          <Choice
            key={service}
            label={`${service.slice(0, 1).toUpperCase()}${service.slice(1)}`}
            checked={form.services.includes(service)}
            onChange={({ target }) =>
              onChange((before) => withService(before, service, target.checked))
            }
          />
        ))}
      </div>
    </Fieldset>
  )
}

/** When the key ends. */
export function ExpiryFields({ form, onChange, errors }: Part) {
  return (
    <div className={styles.row}>
      <Field label="Ends" error={form.life === 'until' ? undefined : errors.expiry}>
        {(control) => (
          <Select
            {...control}
            value={form.life}
            onChange={({ target }) =>
              onChange((before) => ({ ...before, life: target.value as KeyForm['life'] }))
            }
          >
            <option value="forever">Never, until it is deleted</option>
            <option value="30">In 30 days</option>
            <option value="90">In 90 days</option>
            <option value="365">In a year</option>
            <option value="until">At a time of my own</option>
          </Select>
        )}
      </Field>
      {form.life === 'until' && (
        <Field label="End of the key" error={errors.expiry}>
          {(control) => (
            <TextInput
              {...control}
              type="datetime-local"
              required
              value={form.until}
              onChange={({ target }) => onChange((before) => ({ ...before, until: target.value }))}
            />
          )}
        </Field>
      )}
    </div>
  )
}
