import { Eye, EyeOff } from 'lucide-react'
import { useState } from 'react'
import { CopyButton } from './copy-button.tsx'
import { IconButton } from './icon-button.tsx'
import styles from './secret-text.module.css'
import { useToast } from './toast.tsx'

/**
 * A secret that is shown only when asked for, and can be copied without being shown. A function as
 * `text` fetches it then: until that, the page does not have it.
 */
export function SecretText({
  text,
  name,
}: {
  readonly text: string | (() => Promise<string>)
  /** What it is, in lower case: "token", "master key". */
  readonly name: string
}) {
  const [revealed, setRevealed] = useState<string>()
  const toast = useToast()
  const toggle = async () => {
    if (revealed !== undefined) {
      setRevealed(undefined)
      return
    }
    try {
      setRevealed(typeof text === 'string' ? text : await text())
    } catch (error) {
      toast({ tone: 'danger', text: error instanceof Error ? error.message : String(error) })
    }
  }
  return (
    <span className={styles.secret}>
      <code className={revealed === undefined ? styles.mask : styles.text}>
        {revealed ?? '••••••••••••'}
      </code>
      <IconButton
        label={revealed === undefined ? `Reveal ${name}` : `Hide ${name}`}
        aria-pressed={revealed !== undefined}
        onClick={toggle}
      >
        {revealed === undefined ? <Eye aria-hidden="true" /> : <EyeOff aria-hidden="true" />}
      </IconButton>
      <CopyButton text={revealed ?? text} label={`Copy ${name}`} iconOnly />
    </span>
  )
}
