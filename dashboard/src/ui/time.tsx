import { formatAge, formatDateTime } from '../format/times.ts'

/** A moment by its distance from now; pointed at, exactly. */
export function Time({ at }: { readonly at: string }) {
  return (
    <time dateTime={at} title={formatDateTime(at)}>
      {formatAge(at, Date.now())}
    </time>
  )
}
