import { CopyButton } from '../../ui/copy-button.tsx'
import styles from './new-token.module.css'

/** A token that was just made, in clear, to be taken away. */
export function NewToken({ token }: { readonly token: string }) {
  return (
    <div className={styles.token}>
      <code className={styles.text}>{token}</code>
      <CopyButton text={token} label="Copy token" />
    </div>
  )
}
