import { Tag } from '../../ui/tag.tsx'
import type { ApiKey } from './api/list-api-keys.ts'
import { apiLabel } from './api-names.ts'
import styles from './key-apis.module.css'
import { readKeyGrants } from './key-grants.ts'

/** The APIs that a key opens, one tag each. */
export function KeyApis({ apiKey }: { readonly apiKey: Pick<ApiKey, 'grants'> }) {
  const { apis } = readKeyGrants(apiKey.grants)
  return apis.length === 0 ? (
    'None'
  ) : (
    <div className={styles.tags}>
      {apis.map((api) => (
        <Tag key={api} tone="accent">
          {apiLabel(api)}
        </Tag>
      ))}
    </div>
  )
}
