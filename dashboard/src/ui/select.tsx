import type { ComponentProps } from 'react'
import { classNames } from './class-names.ts'
import styles from './text-input.module.css'

/** One of a few. The browser's own: it works everywhere, with every key and every screen. */
export function Select({ className, ...rest }: ComponentProps<'select'>) {
  return <select className={classNames(styles.input, styles.select, className)} {...rest} />
}
