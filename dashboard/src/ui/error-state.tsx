import { ApiError } from '../client/api-error.ts'
import { Button } from './button.tsx'
import styles from './error-state.module.css'
import { Notice } from './notice.tsx'

/**
 * What stands where something could not be had: the reason, and how to try again. What is not there is not
 * there the next time either.
 */
export function ErrorState({
  error,
  onRetry,
}: {
  readonly error: unknown
  readonly onRetry?: () => void
}) {
  if (error instanceof ApiError && error.status === 404) {
    return (
      <Notice tone="danger" title={error.message}>
        <p>It may have been deleted, or the address is not quite right.</p>
      </Notice>
    )
  }
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
