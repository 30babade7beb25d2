import { Button } from './button.tsx'
import styles from './error-state.module.css'
import { Notice } from './notice.tsx'

/** What stands where something could not be had: the reason, and how to try again. */
export function ErrorState({
  error,
  onRetry,
}: {
  readonly error: unknown
  readonly onRetry?: () => void
}) {
  const sentence =
    error instanceof TypeError
      ? 'The server could not be reached. Is it running, and is this machine online?'
      : error instanceof Error
        ? error.message
        : String(error)
  return (
    <Notice tone="danger" title="This could not be loaded">
      <p>{sentence}</p>
      {onRetry !== undefined && (
        <p className={styles.retry}>
          <Button size="small" onClick={onRetry}>
            Try again
          </Button>
        </p>
      )}
    </Notice>
  )
}
