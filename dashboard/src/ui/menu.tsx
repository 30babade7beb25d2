import { DropdownMenu } from 'radix-ui'
import type { ReactElement, ReactNode } from 'react'
import { classNames } from './class-names.ts'
import styles from './menu.module.css'

/** What can be done with one thing, behind one button. */
export function Menu({
  trigger,
  children,
}: {
  readonly trigger: ReactElement
  readonly children: ReactNode
}) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          className={styles.menu}
          align="end"
          sideOffset={4}
          collisionPadding={8}
        >
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}

export function MenuItem({
  danger = false,
  asChild = false,
  onSelect,
  children,
}: {
  readonly danger?: boolean
  /** For an item that is a link: its only child. */
  readonly asChild?: boolean
  readonly onSelect?: () => void
  readonly children: ReactNode
}) {
  return (
    <DropdownMenu.Item
      asChild={asChild}
      className={classNames(styles.item, danger && styles.danger)}
      {...(onSelect !== undefined && { onSelect })}
    >
      {children}
    </DropdownMenu.Item>
  )
}
