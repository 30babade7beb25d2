import type { ComponentProps } from 'react'
import { classNames } from './class-names.ts'
import styles from './text-input.module.css'

/** One line of text. */
export function TextInput({
  className,
  mono = false,
  ...rest
}: ComponentProps<'input'> & { readonly mono?: boolean }) {
  return (
    <input
      type="text"
      className={classNames(styles.input, mono && styles.mono, className)}
      {...rest}
    />
  )
}
