import { useSession } from '../../client/session.ts'
import { Facts } from '../../ui/facts.tsx'
import { Page } from '../../ui/page.tsx'
import { Section } from '../../ui/section.tsx'
import { AccountTabs } from './account-tabs.tsx'
import { ProfileForm } from './profile-form.tsx'

const meanings = {
  owner: 'Everything, users and connections included',
  editor: 'API keys, access tokens of their own, data and named sources',
  viewer: 'Looking, and nothing else',
} as const

/** Who is signed in. */
export function ProfilePage() {
  const { account, user } = useSession()
  return (
    <Page title="Profile" lead="Who you are in this account.">
      <AccountTabs />
      <Section title="You">
        <ProfileForm key={user.id} name={user.name} email={user.email} />
      </Section>
      <Section title="Your place in the account" lead="An owner of the account can change it.">
        <Facts
          facts={[
            { name: 'Account', value: account },
            { name: 'Level', value: user.level },
            { name: 'What it allows', value: meanings[user.level] },
          ]}
        />
      </Section>
    </Page>
  )
}
