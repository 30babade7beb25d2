import { type ReactNode, useId } from 'react'
import field from './field.module.css'
import styles from './fieldset.module.css'

/** Several choices that answer one question. */
export function Fieldset({
  legend,
  hint,
  error,
  children,
}: {
  readonly legend: ReactNode
  readonly hint?: ReactNode
  readonly error?: string | undefined
  readonly children: ReactNode
}) {
  const id = useId()
  const described = [hint !== undefined && `${id}-hint`, error !== undefined && `${id}-error`]
    .filter(Boolean)
    .join(' ')
  return (
    <fieldset className={styles.fieldset} aria-describedby={described || undefined}>
      <legend className={styles.legend}>{legend}</legend>
      {hint !== undefined && (
        <p id={`${id}-hint`} className={field.hint}>
          {hint}
        </p>
      )}
      {children}
      {error !== undefined && (
        <p id={`${id}-error`} className={field.error} role="alert">
          {error}
        </p>
      )}
    </fieldset>
  )
}
