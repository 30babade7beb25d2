import type { ComponentProps } from 'react'
import { classNames } from './class-names.ts'
import styles from './text-input.module.css'

/** Several lines of text. */
export function TextArea({
  className,
  mono = false,
  ...rest
}: ComponentProps<'textarea'> & { readonly mono?: boolean }) {
  return (
    <textarea
      rows={4}
      className={classNames(styles.input, styles.area, mono && styles.mono, className)}
      {...rest}
    />
  )
}
