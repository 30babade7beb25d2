import { type ComponentProps, type ReactNode, useId } from 'react'
import styles from './choice.module.css'
import { classNames } from './class-names.ts'

/** A box to tick, or one of several of which one is chosen, with what it means. */
export function Choice({
  label,
  hint,
  type = 'checkbox',
  className,
  ...rest
}: Omit<ComponentProps<'input'>, 'type'> & {
  readonly label: ReactNode
  readonly hint?: ReactNode
  readonly type?: 'checkbox' | 'radio'
}) {
  const id = useId()
  return (
    <div className={classNames(styles.choice, className)}>
      <input
        id={id}
        type={type}
        className={styles.box}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        {...rest}
      />
      <div>
        <label htmlFor={id} className={styles.label}>
          {label}
        </label>
        {hint !== undefined && (
          <p id={`${id}-hint`} className={styles.hint}>
            {hint}
          </p>
        )}
      </div>
    </div>
  )
}
