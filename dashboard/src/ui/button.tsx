import { Slot } from 'radix-ui'
import type { ComponentProps } from 'react'
import styles from './button.module.css'
import { classNames } from './class-names.ts'
import { Spinner } from './spinner.tsx'

export type ButtonProps = ComponentProps<'button'> & {
  readonly variant?: 'primary' | 'secondary' | 'quiet' | 'danger'
  readonly size?: 'normal' | 'small'
  /** While what it does goes on: it cannot be pressed again, and says so. */
  readonly busy?: boolean
  /** Gives its looks to its only child, which is a link. */
  readonly asChild?: boolean
}

/** Something to press. One of a page is primary: what the page is for. */
export function Button({
  variant = 'secondary',
  size = 'normal',
  busy = false,
  asChild = false,
  className,
  children,
  disabled,
  onClick,
  ...rest
}: ButtonProps) {
  const names = classNames(
    styles.button,
    styles[variant],
    size === 'small' && styles.small,
    className,
  )
  if (asChild) {
    return (
      <Slot.Root className={names} {...rest}>
        {children}
      </Slot.Root>
    )
  }
  return (
    <button
      type="button"
      className={names}
      aria-busy={busy || undefined}
      aria-disabled={busy || undefined}
      disabled={disabled}
      onClick={busy ? (event) => event.preventDefault() : onClick}
      {...rest}
    >
      {busy && <Spinner />}
      {children}
    </button>
  )
}
