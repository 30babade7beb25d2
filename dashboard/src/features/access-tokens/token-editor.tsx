import { useState } from 'react'
import { Button } from '../../ui/button.tsx'
import form from '../../ui/form-layout.module.css'
import { Notice } from '../../ui/notice.tsx'
import { Section } from '../../ui/section.tsx'
import { useToast } from '../../ui/toast.tsx'
import type { AccessToken } from './api/access-token.ts'
import { useUpdateAccessToken } from './api/update-access-token.ts'
import { ApisStep } from './apis-step.tsx'
import type { DraftStepProps } from './draft-step-props.ts'
import { findDraftProblems } from './find-draft-problems.ts'
import { RestrictionsStep } from './restrictions-step.tsx'
import { SourcesStep } from './sources-step.tsx'
import { changesOf, draftOf } from './token-draft.ts'
import { TokenSummary } from './token-summary.tsx'

/** Changes any property of a token but its end. */
export function TokenEditor({ token }: { readonly token: AccessToken }) {
  const before = draftOf(token)
  const [draft, setDraft] = useState(before)
  const update = useUpdateAccessToken(token.id)
  const toast = useToast()
  // Its end is what it is, and may be over.
  const problems = findDraftProblems(draft, Date.now()).filter(({ field }) => field !== 'expiry')
  const changes = changesOf(draft, before)
  const isChanged = Object.keys(changes).length > 0
  const props: DraftStepProps = {
    draft,
    isNew: false,
    onChange: (changed) => {
      update.reset()
      setDraft(changed)
    },
    problemOf: (field) => problems.find((problem) => problem.field === field)?.message,
  }
  const save = () =>
    update.mutate(changes, {
      onSuccess: (saved) => {
        toast({ text: [`${saved.name} is changed.`, ...(saved.notes ?? [])].join(' ') })
      },
    })
  return (
    <div className={form.form}>
      <Section title="Name and APIs">
        <ApisStep {...props} />
      </Section>
      <Section title="Sources">
        <SourcesStep {...props} />
      </Section>
      <Section title="Restrictions">
        <RestrictionsStep {...props} />
      </Section>
      <Section title="What this token will do">
        <TokenSummary draft={draft} />
        {update.error !== null && (
          <Notice tone="danger" title="The token is as it was">
            <p>{update.error.message}</p>
          </Notice>
        )}
        <p>What you take away is gone everywhere when this is saved, also for open pages.</p>
        <div className={form.row}>
          <Button
            variant="primary"
            busy={update.isPending}
            disabled={!isChanged || problems.length > 0}
            onClick={save}
          >
            Save changes
          </Button>
          <Button disabled={!isChanged} onClick={() => setDraft(before)}>
            Discard changes
          </Button>
        </div>
      </Section>
    </div>
  )
}
