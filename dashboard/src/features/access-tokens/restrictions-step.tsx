import { Field } from '../../ui/field.tsx'
import form from '../../ui/form-layout.module.css'
import { Select } from '../../ui/select.tsx'
import { TextArea } from '../../ui/text-area.tsx'
import { TextInput } from '../../ui/text-input.tsx'
import type { DraftStepProps } from './draft-step-props.ts'
import { RefererList } from './referer-list.tsx'
import type { DraftExpiry } from './token-draft.ts'

const presets = [7, 30, 90, 365]

/** From which sites the token works, and until when. */
export function RestrictionsStep({ draft, onChange, problemOf, isNew }: DraftStepProps) {
  return (
    <div className={form.form}>
      <Field
        label="Allowed sites"
        optional
        error={problemOf('referers')}
        hint="Addresses of the sites whose pages may use the token, separated by commas or lines. Left empty, it works from anywhere, programs included. Grant what anybody may see all the same: this keeps honest browsers apart, and whoever writes a request writes its headers too."
      >
        {(control) => (
          <TextArea
            {...control}
            mono
            rows={3}
            placeholder="https://www.example.com"
            value={draft.referers}
            spellCheck={false}
            onChange={(event) => onChange({ ...draft, referers: event.target.value })}
          />
        )}
      </Field>
      <RefererList text={draft.referers} />
      {isNew && (
        <ExpiryFields
          expiry={draft.expiry}
          problem={problemOf('expiry')}
          onChange={(expiry) => onChange({ ...draft, expiry })}
        />
      )}
    </div>
  )
}

function ExpiryFields({
  expiry,
  problem,
  onChange,
}: {
  readonly expiry: DraftExpiry
  readonly problem: string | undefined
  readonly onChange: (expiry: DraftExpiry) => void
}) {
  return (
    <div className={form.row}>
      <Field
        label="Works until"
        error={expiry.kind === 'at' ? undefined : problem}
        hint="This cannot be changed later: to replace a token, make a new one and delete the old."
      >
        {(control) => (
          <Select
            {...control}
            value={expiry.kind === 'days' ? String(expiry.days) : expiry.kind}
            onChange={({ target: { value } }) =>
              onChange(
                value === 'never'
                  ? { kind: 'never' }
                  : value === 'at'
                    ? { kind: 'at', local: '' }
                    : { kind: 'days', days: Number(value) },
              )
            }
          >
            <option value="never">It is deleted</option>
            {presets.map((days) => (
              <option key={days} value={days}>
                {days} days from now
              </option>
            ))}
            <option value="at">A day and time of your choice</option>
          </Select>
        )}
      </Field>
      {expiry.kind === 'at' && (
        <Field label="Day and time" error={problem} hint="In your own time zone.">
          {(control) => (
            <TextInput
              {...control}
              type="datetime-local"
              value={expiry.local}
              onChange={(event) => onChange({ kind: 'at', local: event.target.value })}
            />
          )}
        </Field>
      )}
    </div>
  )
}
