import { useSession } from '../../client/session.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { SecretText } from '../../ui/secret-text.tsx'
import { getMasterToken } from './api/get-master-token.ts'
import type { ApiKey } from './api/list-api-keys.ts'
import styles from './key-token.module.css'

/** A key's token, to be revealed and copied by those who may; for others, why it is not there. */
export function KeyToken({ apiKey }: { readonly apiKey: Pick<ApiKey, 'type' | 'token'> }) {
  const { user, scopes } = useSession()
  const { type, token } = apiKey
  if (type === 'default' && token !== null) {
    return (
      <span className={styles.open}>
        <code>{token}</code>
        <CopyButton text={token} label="Copy token" iconOnly />
      </span>
    )
  }
  if (type === 'master') {
    return user.level === 'owner' ? (
      <SecretText text={token ?? getMasterToken} name="master key" />
    ) : (
      <span className={styles.absent}>Shown to owners</span>
    )
  }
  if (token !== null) return <SecretText text={token} name="token" />
  return (
    <span className={styles.absent}>
      {scopes.includes('write:api_keys')
        ? 'Was shown once. Regenerate the key to have a new one.'
        : 'Not shown to viewers'}
    </span>
  )
}
