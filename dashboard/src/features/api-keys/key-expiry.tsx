import { formatDate } from '../../format/times.ts'
import { Tag } from '../../ui/tag.tsx'
import type { ApiKey } from './api/list-api-keys.ts'

/** That a key ends, or has ended; nothing for one that lives until it is deleted. */
export function KeyExpiry({ apiKey }: { readonly apiKey: Pick<ApiKey, 'expires_at'> }) {
  const { expires_at: expiresAt } = apiKey
  if (expiresAt === undefined) return null
  return new Date(expiresAt).getTime() <= Date.now() ? (
    <Tag tone="danger">Expired</Tag>
  ) : (
    <Tag tone="warning">Until {formatDate(expiresAt)}</Tag>
  )
}
