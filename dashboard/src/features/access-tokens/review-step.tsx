import { formatDateTime } from '../../format/times.ts'
import { Facts } from '../../ui/facts.tsx'
import form from '../../ui/form-layout.module.css'
import { Notice } from '../../ui/notice.tsx'
import type { DraftStepProps } from './draft-step-props.ts'
import { findDraftProblems } from './find-draft-problems.ts'
import { GrantList } from './grant-list.tsx'
import { readReferer, splitReferers } from './read-referer.ts'
import { apiTitles } from './token-apis.ts'
import { expirationOf } from './token-draft.ts'
import { TokenSummary } from './token-summary.tsx'

/** All of a token before it is made. */
export function ReviewStep({ draft }: DraftStepProps) {
  const nowMs = Date.now()
  const problems = findDraftProblems(draft, nowMs)
  const expiration = expirationOf(draft.expiry, nowMs)
  const sites = splitReferers(draft.referers).map(readReferer)
  return (
    <div className={form.form}>
      {problems.length > 0 && (
        <Notice tone="warning" title="Something is missing">
          <ul>
            {problems.map(({ message }) => (
              <li key={message}>{message}</li>
            ))}
          </ul>
        </Notice>
      )}
      <TokenSummary draft={draft} />
      <Facts
        facts={[
          { name: 'Name', value: draft.name.trim() || 'made for you: tk_ and eight characters' },
          {
            name: 'Allowed APIs',
            value: draft.apis.map((api) => apiTitles[api]).join(', ') || '–',
          },
          { name: 'Sources', value: <GrantList grants={draft.grants} /> },
          {
            name: 'Allowed sites',
            value:
              [...new Set(sites.map((site) => (site.ok ? site.stored : site.written)))].join(
                ', ',
              ) || 'any',
          },
          {
            name: 'Works until',
            value: expiration ? formatDateTime(expiration) : 'it is deleted',
          },
        ]}
      />
    </div>
  )
}
