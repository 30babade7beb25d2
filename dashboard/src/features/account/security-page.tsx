import { Page } from '../../ui/page.tsx'
import { Section } from '../../ui/section.tsx'
import { AccountTabs } from './account-tabs.tsx'
import { PasswordForm } from './password-form.tsx'
import { SecondFactorSection } from './second-factor-section.tsx'
import { SessionsSection } from './sessions-section.tsx'

/** How the user signs in, and where they are signed in. */
export function SecurityPage() {
  return (
    <Page title="Security" lead="How you sign in, and where you are signed in.">
      <AccountTabs />
      <Section title="Password" lead="A new one signs you out everywhere else.">
        <PasswordForm />
      </Section>
      <SecondFactorSection />
      <SessionsSection />
    </Page>
  )
}
