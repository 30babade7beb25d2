import type { ReactNode } from 'react'
import { Button, type ButtonProps } from './button.tsx'
import { classNames } from './class-names.ts'
import styles from './icon-button.module.css'
import { Tooltip } from './tooltip.tsx'

/** A button that shows only a picture; its name is read out, and shown when somebody points at it. */
export function IconButton({
  label,
  children,
  className,
  ...rest
}: Omit<ButtonProps, 'children'> & {
  readonly label: string
  readonly children: ReactNode
}) {
  return (
    <Tooltip text={label}>
      <Button
        variant="quiet"
        size="small"
        aria-label={label}
        className={classNames(styles.icon, className)}
        {...rest}
      >
        {children}
      </Button>
    </Tooltip>
  )
}
