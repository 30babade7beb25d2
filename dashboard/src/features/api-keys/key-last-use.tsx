import { Time } from '../../ui/time.tsx'
import type { ApiKey } from './api/list-api-keys.ts'

/** When a key was last used. */
export function KeyLastUse({ apiKey }: { readonly apiKey: Pick<ApiKey, 'last_used_at'> }) {
  return apiKey.last_used_at === null ? 'Never' : <Time at={apiKey.last_used_at} />
}
