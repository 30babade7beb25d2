import { Link } from '@tanstack/react-router'
import { type FormEvent, useId, useState } from 'react'
import { Button } from '../../ui/button.tsx'
import layout from '../../ui/form-layout.module.css'
import { Notice } from '../../ui/notice.tsx'
import { Section } from '../../ui/section.tsx'
import type { ApiKey } from './api/list-api-keys.ts'
import {
  expiryOf,
  findKeyFormProblem,
  grantedTables,
  type KeyApi,
  type KeyForm,
  toCreateRequest,
} from './key-form.ts'
import {
  ApiFields,
  DatasetFields,
  ExpiryFields,
  NameFields,
  ServiceFields,
} from './key-form-fields.tsx'
import { KeySummary } from './key-summary.tsx'
import styles from './new-key-form.module.css'
import { placeKeyError } from './place-key-error.ts'

/** Everything that is decided of a key when it is made. */
export function NewKeyForm({
  initial,
  grantable,
  onSave,
}: {
  readonly initial: KeyForm
  readonly grantable: {
    readonly apis: readonly KeyApi[]
    readonly schemas: readonly string[]
    readonly services: readonly string[]
  }
  readonly onSave: (request: ReturnType<typeof toCreateRequest>) => Promise<ApiKey>
}) {
  const [form, setForm] = useState(initial)
  const [isSaving, setSaving] = useState(false)
  const [refusal, setRefusal] = useState<string>()
  const problemId = useId()
  const problem = findKeyFormProblem(form)
  const errors = refusal === undefined ? {} : placeKeyError(refusal)
  const change = (how: (before: KeyForm) => KeyForm) => {
    setRefusal(undefined)
    setForm(how)
  }
  const save = async (event: FormEvent) => {
    event.preventDefault()
    if (problem !== undefined || isSaving) return
    setSaving(true)
    setRefusal(undefined)
    try {
      await onSave(toCreateRequest(form, new Date()))
    } catch (error) {
      setRefusal(error instanceof Error ? error.message : String(error))
      setSaving(false)
    }
  }
  const part = { form, onChange: change, errors }
  const { apis, createIn, listing, services } = form
  const grants = { apis, createIn, listing, services, tables: grantedTables(form) }
  return (
    <form className={styles.form} onSubmit={save} noValidate>
      <Section title="Configure your key">
        <div className={layout.form}>
          <NameFields {...part} />
          <ApiFields {...part} apis={grantable.apis} />
          <DatasetFields {...part} schemas={grantable.schemas} />
          <ServiceFields {...part} services={grantable.services} />
          <ExpiryFields {...part} />
        </div>
      </Section>
      <div className={styles.aside}>
        <div className={layout.form}>
          <KeySummary
            title="What this key will be able to do"
            grants={grants}
            expiresAt={expiryOf(form, new Date())}
          />
          <Notice>
            What a key may do cannot change once it is made. Its token can be replaced.
          </Notice>
          {errors.form !== undefined && <Notice tone="danger">{errors.form}</Notice>}
          <div className={layout.row}>
            <Button
              type="submit"
              variant="primary"
              busy={isSaving}
              disabled={problem !== undefined}
              aria-describedby={problemId}
            >
              Make API key
            </Button>
            <Button asChild>
              <Link to="/api-keys">Cancel</Link>
            </Button>
            <span id={problemId} aria-live="polite">
              {problem}
            </span>
          </div>
        </div>
      </div>
    </form>
  )
}
