import { Search } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import styles from './search-input.module.css'
import { TextInput } from './text-input.tsx'

/** Looks for something as it is written, when the writing pauses. */
export function SearchInput({
  label,
  value,
  onChange,
  delayMs = 250,
}: {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
  readonly delayMs?: number
}) {
  const [written, setWritten] = useState(value)
  const told = useRef(onChange)
  told.current = onChange
  useEffect(() => {
    if (written === value) return
    const timer = setTimeout(() => told.current(written), delayMs)
    return () => clearTimeout(timer)
  }, [written, value, delayMs])
  return (
    <div className={styles.search}>
      <Search className={styles.icon} aria-hidden="true" />
      <TextInput
        type="search"
        className={styles.input}
        aria-label={label}
        placeholder={label}
        value={written}
        onChange={(event) => setWritten(event.target.value)}
      />
    </div>
  )
}
