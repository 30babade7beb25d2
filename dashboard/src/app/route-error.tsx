import type { ErrorComponentProps } from '@tanstack/react-router'
import { ErrorState } from '../ui/error-state.tsx'
import { Page } from '../ui/page.tsx'

/**
 * What stands in a page's place when it failed as a whole. Trying again loads everything anew: after an upgrade
 * of the server, what this page was made of is no longer there.
 */
export function RouteError({ error }: ErrorComponentProps) {
  return (
    <Page title="Something went wrong">
      <ErrorState error={error} onRetry={() => window.location.reload()} />
    </Page>
  )
}
