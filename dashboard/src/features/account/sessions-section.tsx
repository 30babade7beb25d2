import { Button } from '../../ui/button.tsx'
import { ErrorState } from '../../ui/error-state.tsx'
import { Section } from '../../ui/section.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { Table } from '../../ui/table.tsx'
import { Tag } from '../../ui/tag.tsx'
import { Time } from '../../ui/time.tsx'
import { useToast } from '../../ui/toast.tsx'
import { type OwnSession, useEndSessions, useOwnSessions } from './api/use-own-sessions.ts'
import { describeBrowser } from './describe-browser.ts'

/** Where the user is signed in, and the way to end it. */
export function SessionsSection() {
  const { data: sessions, error, refetch } = useOwnSessions()
  const { mutate, isPending, variables } = useEndSessions()
  const toast = useToast()
  const end = (id: string | undefined) =>
    mutate(id, {
      onSuccess: () => toast({ text: 'Signed out.' }),
      onError: (failure) => toast({ tone: 'danger', text: failure.message }),
    })
  const isAlone = sessions !== undefined && sessions.length < 2
  return (
    <Section
      title="Where you are signed in"
      lead="A session ends twelve hours after its last use, and seven days after it began."
      actions={
        <Button
          busy={isPending && variables === undefined}
          disabled={sessions === undefined || isAlone}
          onClick={() => end(undefined)}
        >
          Sign out everywhere else
        </Button>
      }
    >
      {error !== null && <ErrorState error={error} onRetry={refetch} />}
      {error === null && sessions === undefined && <Skeleton lines={3} />}
      {sessions !== undefined && (
        <Table caption="Sessions" stacked>
          <thead>
            <tr>
              <th scope="col">Browser</th>
              <th scope="col">Network</th>
              <th scope="col">Signed in</th>
              <th scope="col">Last seen</th>
              <th scope="col">
                <span className="visually-hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {sessions.map((session) => (
              <SessionRow
                key={session.id}
                session={session}
                isBusy={isPending && variables === session.id}
                onEnd={() => end(session.id)}
              />
            ))}
          </tbody>
        </Table>
      )}
    </Section>
  )
}

function SessionRow({
  session,
  isBusy,
  onEnd,
}: {
  readonly session: OwnSession
  readonly isBusy: boolean
  readonly onEnd: () => void
}) {
  const browser = describeBrowser(session.user_agent)
  return (
    <tr>
      <td data-label="Browser" title={session.user_agent ?? undefined}>
        <span>
          {browser} {session.is_current && <Tag tone="accent">this one</Tag>}
        </span>
      </td>
      <td data-label="Network">{session.network ?? 'Unknown'}</td>
      <td data-label="Signed in">
        <Time at={session.created_at} />
      </td>
      <td data-label="Last seen">
        <Time at={session.last_seen_at} />
      </td>
      <td>
        {!session.is_current && (
          <Button
            size="small"
            busy={isBusy}
            onClick={onEnd}
            aria-label={`Sign out ${browser}, ${session.network ?? 'unknown network'}`}
          >
            Sign out
          </Button>
        )}
      </td>
    </tr>
  )
}
