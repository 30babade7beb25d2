import styles from './code-block.module.css'
import { CopyButton } from './copy-button.tsx'

/** A piece of code to be taken away. `shown` is what is seen of it where it holds a secret. */
export function CodeBlock({
  code,
  shown = code,
  label,
}: {
  readonly code: string
  readonly shown?: string
  readonly label: string
}) {
  return (
    <div className={styles.block}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard (WCAG 2.1.1). */}
      <section className={styles.code} tabIndex={0} aria-label={label}>
        <pre>
          <code>{shown}</code>
        </pre>
      </section>
      <div className={styles.copy}>
        <CopyButton text={code} label={`Copy ${label}`} iconOnly />
      </div>
    </div>
  )
}
