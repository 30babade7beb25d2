import { DropdownMenu } from 'radix-ui'
import { createContext, type ReactElement, type ReactNode, useContext, useRef } from 'react'
import { classNames } from './class-names.ts'
import styles from './menu.module.css'

/** Has something done when the menu is closed. */
const AfterClosing = createContext((act: () => void) => act())

/**
 * What can be done with one thing, behind one button. It is done when the focus is back on the button:
 * a dialog that it opens gives the focus back to where it was.
 */
export function Menu({
  trigger,
  children,
}: {
  readonly trigger: ReactElement
  readonly children: ReactNode
}) {
  const chosen = useRef<() => void>(undefined)
  const closed = () => {
    const act = chosen.current
    chosen.current = undefined
    // The focus moves right after this.
    if (act !== undefined) setTimeout(act)
  }
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          className={styles.menu}
          align="end"
          sideOffset={4}
          collisionPadding={8}
          onCloseAutoFocus={closed}
        >
          <AfterClosing
            value={(act) => {
              chosen.current = act
            }}
          >
            {children}
          </AfterClosing>
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
  const afterClosing = useContext(AfterClosing)
  return (
    <DropdownMenu.Item
      asChild={asChild}
      className={classNames(styles.item, danger && styles.danger)}
      {...(onSelect !== undefined && { onSelect: () => afterClosing(onSelect) })}
    >
      {children}
    </DropdownMenu.Item>
  )
}
