import { Tabs as RadixTabs } from 'radix-ui'
import type { ReactNode } from 'react'
import styles from './tabs.module.css'

/** Several views of one thing, one of them in sight. Views with an address of their own are TabLinks. */
export function Tabs({
  label,
  tabs,
  value,
  onChange,
}: {
  readonly label: string
  readonly tabs: readonly {
    readonly id: string
    readonly title: string
    readonly content: ReactNode
  }[]
  readonly value?: string
  readonly onChange?: (id: string) => void
}) {
  return (
    <RadixTabs.Root
      className={styles.tabs}
      {...(value === undefined ? { defaultValue: tabs[0]?.id ?? '' } : { value })}
      {...(onChange !== undefined && { onValueChange: onChange })}
    >
      <RadixTabs.List className={styles.list} aria-label={label}>
        {tabs.map(({ id, title }) => (
          <RadixTabs.Trigger key={id} value={id} className={styles.tab}>
            {title}
          </RadixTabs.Trigger>
        ))}
      </RadixTabs.List>
      {tabs.map(({ id, content }) => (
        <RadixTabs.Content key={id} value={id} className={styles.content}>
          {content}
        </RadixTabs.Content>
      ))}
    </RadixTabs.Root>
  )
}
