import { useSession } from '../../client/session.ts'
import { ErrorState } from '../../ui/error-state.tsx'
import { Page } from '../../ui/page.tsx'
import { Section } from '../../ui/section.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { AccountFacts } from './account-facts.tsx'
import { AccountLimits } from './account-limits.tsx'
import { AccountSwitches } from './account-switches.tsx'
import { AccountTabs } from './account-tabs.tsx'
import { useAccount } from './api/use-account.ts'

/** What holds for the whole account. */
export function SettingsPage() {
  const { data: account, error, refetch } = useAccount()
  const mayChange = useSession().scopes.includes('write:account')
  return (
    <Page title="Settings" lead="What holds for the whole account and everybody in it.">
      <AccountTabs />
      {error !== null && <ErrorState error={error} onRetry={refetch} />}
      {error === null && account === undefined && (
        <>
          <Section title="Account">
            <Skeleton lines={4} />
          </Section>
          <Section title="Safety">
            <Skeleton lines={4} />
          </Section>
          <Section title="Limits">
            <Skeleton lines={3} />
          </Section>
        </>
      )}
      {account !== undefined && (
        <>
          <Section title="Account">
            <AccountFacts account={account} />
          </Section>
          <Section
            title="Safety"
            lead={mayChange ? undefined : 'Owners of the account can change these.'}
          >
            <AccountSwitches account={account} mayChange={mayChange} />
          </Section>
          <Section title="Limits" lead="The operator of this server sets these.">
            <AccountLimits account={account} />
          </Section>
        </>
      )}
    </Page>
  )
}
