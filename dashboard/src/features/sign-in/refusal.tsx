import { formatDuration } from '../../format/durations.ts'
import { Notice } from '../../ui/notice.tsx'

/** Why somebody was not let in, and for how long they have to wait where that is so. */
export function Refusal({
  error,
  waitSeconds,
}: {
  readonly error: unknown
  readonly waitSeconds: number
}) {
  if (error === undefined || error === null) return null
  const sentence =
    error instanceof TypeError
      ? 'The server could not be reached. Is it running, and is this machine online?'
      : error instanceof Error
        ? error.message
        : String(error)
  return (
    <Notice tone="danger">
      <p>{sentence}</p>
      {/* The sentence is read out once; not every second of the wait. */}
      {waitSeconds > 0 && (
        <p aria-live="off">You can try again in {formatDuration(waitSeconds)}.</p>
      )}
    </Notice>
  )
}
