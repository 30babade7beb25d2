import { formatDateTime } from '../../format/times.ts'
import { Tag } from '../../ui/tag.tsx'
import { Time } from '../../ui/time.tsx'

const soonMs = 7 * 24 * 3_600_000

/** When a token ends; one that has ended, or will within a week, stands out. */
export function ExpiryTag({ at }: { readonly at: string | null }) {
  if (at === null) return 'never'
  const leftMs = Date.parse(at) - Date.now()
  if (leftMs <= 0) return <Tag tone="danger">ended {formatDateTime(at)}</Tag>
  if (leftMs <= soonMs) {
    return (
      <Tag tone="warning">
        <Time at={at} />
      </Tag>
    )
  }
  return <Time at={at} />
}
