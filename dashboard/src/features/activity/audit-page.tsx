import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { useSession } from '../../client/session.ts'
import { Button } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorState } from '../../ui/error-state.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Page } from '../../ui/page.tsx'
import { Section } from '../../ui/section.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { ActivityTabs } from './activity-tabs.tsx'
import { type AuditEvent, useAuditEvents } from './api/audit-events.ts'
import { AuditEventDialog } from './audit-event-dialog.tsx'
import { AuditExport } from './audit-export.tsx'
import { AuditFilters } from './audit-filters.tsx'
import type { AuditFilter } from './audit-query.ts'
import { AuditTable } from './audit-table.tsx'

/** Who has changed what in the account. */
export function AuditPage() {
  const filter = useSearch({ from: '/signed-in/activity/audit' })
  const { scopes } = useSession()
  const mayRead = scopes.includes('read:audit')
  return (
    <Page
      title="Audit log"
      lead="Who has changed what in this account, and from where. Events are kept for a year, and nobody can change them."
      actions={mayRead && <AuditExport filter={filter} />}
    >
      <ActivityTabs />
      {mayRead ? (
        <AuditLog filter={filter} />
      ) : (
        <Notice title="The audit log is for owners">
          <p>Ask an owner of this account for what you want to know, or for another level.</p>
        </Notice>
      )}
    </Page>
  )
}

function AuditLog({ filter }: { readonly filter: AuditFilter }) {
  const navigate = useNavigate({ from: '/activity/audit' })
  const [shown, setShown] = useState<AuditEvent | undefined>(undefined)
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } =
    useAuditEvents(filter)
  const events = data?.pages.flatMap((page) => page.events)
  const change = (changes: Readonly<Record<string, string>>) => {
    const given = Object.entries({ ...filter, ...changes }).filter(([, text]) => text !== '')
    void navigate({ search: Object.fromEntries(given), replace: true, resetScroll: false })
  }
  return (
    <Section>
      <AuditFilters filter={filter} onChange={change} />
      {error !== null && events === undefined ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : events === undefined ? (
        <Skeleton lines={10} />
      ) : events.length === 0 ? (
        <EmptyState title="No events">
          {Object.keys(filter).length === 0
            ? 'What is changed in this account from now on is listed here.'
            : 'Nothing that was done fits all of these filters.'}
        </EmptyState>
      ) : (
        <>
          <AuditTable events={events} onShow={setShown} />
          {error !== null && <ErrorState error={error} onRetry={() => void fetchNextPage()} />}
          {hasNextPage && (
            <div>
              <Button busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
                Show older events
              </Button>
            </div>
          )}
        </>
      )}
      {shown !== undefined && (
        <AuditEventDialog event={shown} onClose={() => setShown(undefined)} />
      )}
    </Section>
  )
}
