import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { X } from 'lucide-react'
import { formatCount } from '../../format/numbers.ts'
import { Button } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorState } from '../../ui/error-state.tsx'
import { Page } from '../../ui/page.tsx'
import { Section } from '../../ui/section.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { ActivityChart } from './activity-chart.tsx'
import { ActivityNumbers } from './activity-numbers.tsx'
import styles from './activity-page.module.css'
import { readRange } from './activity-range.ts'
import { ActivityTabs } from './activity-tabs.tsx'
import { type Activity, useActivity } from './api/activity.ts'
import { ApiActivity, apiTitle } from './api-activity.tsx'
import { CredentialActivity } from './credential-activity.tsx'
import { credentialTitle } from './credential-title.ts'
import { countsOf } from './outcomes.ts'
import { RangeChoice } from './range-choice.tsx'

/** How much the credentials of the account are used: over time, by credential and by API. */
export function ActivityPage() {
  const search = useSearch({ from: '/signed-in/activity' })
  const navigate = useNavigate({ from: '/activity' })
  const range = readRange(search.range)
  const { credential, api } = search
  const { data, error, refetch } = useActivity({ range, credential, api })
  const show = (changes: { readonly [K in keyof typeof search]?: string | undefined }) => {
    const given = Object.entries({ ...search, ...changes }).filter(([, text]) => text !== undefined)
    void navigate({ search: Object.fromEntries(given), replace: true, resetScroll: false })
  }
  const isNarrowed = credential !== undefined || api !== undefined

  return (
    <Page
      title="Activity"
      lead="Requests of each API key and of your access tokens, as they are counted every few seconds."
      actions={<RangeChoice value={range} onChange={(chosen) => show({ range: chosen })} />}
    >
      <ActivityTabs />
      {error !== null && data === undefined ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : (
        <>
          <Section
            title="Requests"
            actions={
              isNarrowed && (
                <>
                  {credential !== undefined && (
                    <Button size="small" onClick={() => show({ credential: undefined })}>
                      Only {titleOf(credential, data)} <X aria-label="Show all credentials" />
                    </Button>
                  )}
                  {api !== undefined && (
                    <Button size="small" onClick={() => show({ api: undefined })}>
                      Only {apiTitle(api)} <X aria-label="Show all APIs" />
                    </Button>
                  )}
                </>
              )
            }
          >
            <Totals totals={data?.totals} />
            {data === undefined ? (
              <Skeleton lines={1} height="240px" />
            ) : data.totals.requests === 0 ? (
              <EmptyState
                title="No requests in this time"
                action={
                  isNarrowed ? undefined : (
                    <Button asChild>
                      <Link to="/try">Send a request</Link>
                    </Button>
                  )
                }
              >
                {isNarrowed
                  ? 'Choose a longer time, or show everything again.'
                  : 'As soon as a client sends one with an API key or an access token, it is counted here.'}
              </EmptyState>
            ) : (
              <>
                <ActivityChart periods={data.periods} granularity={data.granularity} />
                <ActivityNumbers periods={data.periods} granularity={data.granularity} />
              </>
            )}
          </Section>
          <Section title="By credential">
            {data === undefined ? (
              <Skeleton lines={4} />
            ) : data.credentials.length === 0 ? (
              <p className={styles.quiet}>No credential was used in this time.</p>
            ) : (
              <CredentialActivity
                credentials={data.credentials}
                chosen={credential}
                onChoose={(id) => show({ credential: id })}
              />
            )}
          </Section>
          <Section title="By API">
            {data === undefined ? (
              <Skeleton lines={3} />
            ) : data.apis.length === 0 ? (
              <p className={styles.quiet}>No API was used in this time.</p>
            ) : (
              <ApiActivity apis={data.apis} chosen={api} onChoose={(name) => show({ api: name })} />
            )}
          </Section>
        </>
      )}
    </Page>
  )
}

/** The counts of the whole time; a dash while they are on their way, so that nothing jumps. */
function Totals({ totals }: { readonly totals: Activity['totals'] | undefined }) {
  const counts = totals === undefined ? undefined : countsOf(totals)
  const facts = [
    ['Requests', totals?.requests],
    ['Answered', counts?.answered],
    ['Errors', counts?.errors],
    ['Denials', counts?.denials],
  ] as const
  return (
    <dl className={styles.totals}>
      {facts.map(([name, count]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{count === undefined ? '–' : formatCount(count)}</dd>
        </div>
      ))}
    </dl>
  )
}

function titleOf(credential: string, data: Activity | undefined): string {
  const found = data?.credentials.find(({ kind, id }) => id === credential || kind === credential)
  return found === undefined ? 'one credential' : credentialTitle(found)
}
