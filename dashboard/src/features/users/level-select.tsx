import { Select } from '../../ui/select.tsx'
import type { User } from './api/use-users.ts'

const levels = ['owner', 'editor', 'viewer'] as const

/** One of the levels. */
export function LevelSelect({
  label,
  value,
  onChange,
}: {
  readonly label: string
  readonly value: User['level']
  readonly onChange: (level: User['level']) => void
}) {
  return (
    <Select
      aria-label={label}
      value={value}
      onChange={(event) => {
        const chosen = levels.find((level) => level === event.target.value)
        if (chosen !== undefined) onChange(chosen)
      }}
    >
      {levels.map((level) => (
        <option key={level} value={level}>
          {level}
        </option>
      ))}
    </Select>
  )
}
