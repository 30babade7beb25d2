import { Link } from '@tanstack/react-router'
import { ApiError } from '../../client/api-error.ts'
import { ErrorState } from '../../ui/error-state.tsx'
import { Notice } from '../../ui/notice.tsx'
import type { TableName } from './api/table.ts'

/** Why a table cannot be looked at here, and where it can. */
export function PreviewError({
  error,
  name,
  onRetry,
}: {
  readonly error: Error
  readonly name: TableName
  readonly onRetry: () => void
}) {
  if (error instanceof ApiError && error.code === 'preview_refused') {
    return (
      <Notice tone="warning" title="This is not shown here">
        <p>{error.message}</p>
        <p>
          <Link to="/try" search={{ table: name.table }}>
            Try it with a credential
          </Link>
        </p>
      </Notice>
    )
  }
  return <ErrorState error={error} onRetry={onRetry} />
}
