import { Button } from '../../ui/button.tsx'
import { Field } from '../../ui/field.tsx'
import { SearchInput } from '../../ui/search-input.tsx'
import { Select } from '../../ui/select.tsx'
import { TextInput } from '../../ui/text-input.tsx'
import styles from './audit-filters.module.css'
import type { AuditFilter } from './audit-query.ts'
import { auditSubjects } from './audit-words.ts'

/** Narrows the audit log. What is chosen stands in the address, so that it can be handed on. */
export function AuditFilters({
  filter,
  onChange,
}: {
  readonly filter: AuditFilter
  /** An empty text takes a part of the filter away. */
  readonly onChange: (changes: Readonly<Record<string, string>>) => void
}) {
  const isNarrowed = Object.keys(filter).length > 0
  return (
    <search className={styles.filters}>
      <Field label="From">
        {(control) => (
          <TextInput
            {...control}
            type="date"
            max={filter.to}
            value={filter.from ?? ''}
            onChange={(event) => onChange({ from: event.target.value })}
          />
        )}
      </Field>
      <Field label="To">
        {(control) => (
          <TextInput
            {...control}
            type="date"
            min={filter.from}
            value={filter.to ?? ''}
            onChange={(event) => onChange({ to: event.target.value })}
          />
        )}
      </Field>
      <Field label="Changes of">
        {(control) => (
          <Select
            {...control}
            value={filter.action ?? ''}
            onChange={(event) => onChange({ action: event.target.value })}
          >
            <option value="">Everything</option>
            {auditSubjects.map(([subject, title]) => (
              <option key={subject} value={subject}>
                {title}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <SearchInput
        key={`actor ${filter.actor === undefined}`}
        label="Done by"
        value={filter.actor ?? ''}
        onChange={(actor) => onChange({ actor })}
      />
      <SearchInput
        key={`target ${filter.target === undefined}`}
        label="Done to"
        value={filter.target ?? ''}
        onChange={(target) => onChange({ target })}
      />
      {isNarrowed && (
        <Button
          variant="quiet"
          onClick={() => onChange({ from: '', to: '', action: '', actor: '', target: '' })}
        >
          Show everything
        </Button>
      )}
    </search>
  )
}
