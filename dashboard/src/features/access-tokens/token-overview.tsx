import { formatCount } from '../../format/numbers.ts'
import { formatDateTime } from '../../format/times.ts'
import { Facts } from '../../ui/facts.tsx'
import form from '../../ui/form-layout.module.css'
import { SecretText } from '../../ui/secret-text.tsx'
import { Section } from '../../ui/section.tsx'
import { Time } from '../../ui/time.tsx'
import type { AccessToken } from './api/access-token.ts'
import { useAccessTokenUsage } from './api/get-access-token-usage.ts'
import { ExpiryTag } from './expiry-tag.tsx'
import { GrantList } from './grant-list.tsx'
import { apiTitles } from './token-apis.ts'
import { draftOf } from './token-draft.ts'
import { TokenSummary } from './token-summary.tsx'

/** What a token is and what it opens. */
export function TokenOverview({ token }: { readonly token: AccessToken }) {
  const { data: usage } = useAccessTokenUsage(token.id)
  const end = token.expiration_date
  const draft = draftOf(token)
  return (
    <div className={form.form}>
      <Section title="What it does">
        <TokenSummary draft={draft} />
      </Section>
      <Section title="Details">
        <Facts
          facts={[
            {
              name: 'Token',
              value:
                token.token === null ? (
                  'shown once, when it was made'
                ) : (
                  <SecretText text={token.token} name="token" />
                ),
            },
            {
              name: 'Allowed APIs',
              value: token.allowed_apis.map((api) => apiTitles[api]).join(', '),
            },
            { name: 'Sources', value: <GrantList grants={draft.grants} /> },
            { name: 'Allowed sites', value: token.referers.join(', ') || 'any' },
            { name: 'Ends', value: <ExpiryTag at={end} /> },
            {
              name: 'Last used',
              value: token.last_used_at === null ? 'never' : <Time at={token.last_used_at} />,
            },
            {
              name: 'Requests',
              value:
                usage === undefined
                  ? '…'
                  : `${formatCount(usage.totals.requests)} in the last 24 hours, ${formatCount(usage.totals.denials)} of them refused; ${formatCount(usage.request_count)} in all`,
            },
            { name: 'Made', value: formatDateTime(token.created_at) },
            { name: 'Changed', value: formatDateTime(token.updated_at) },
          ]}
        />
      </Section>
    </div>
  )
}
