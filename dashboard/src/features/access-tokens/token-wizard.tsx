import { useEffect, useRef, useState } from 'react'
import { ApiError } from '../../client/api-error.ts'
import { Button } from '../../ui/button.tsx'
import form from '../../ui/form-layout.module.css'
import { Notice } from '../../ui/notice.tsx'
import { Section } from '../../ui/section.tsx'
import type { AccessToken } from './api/access-token.ts'
import { useCreateAccessToken } from './api/create-access-token.ts'
import { ApisStep } from './apis-step.tsx'
import type { DraftStepProps } from './draft-step-props.ts'
import {
  type DraftStep,
  draftSteps,
  findDraftProblems,
  stepOfField,
} from './find-draft-problems.ts'
import { RestrictionsStep } from './restrictions-step.tsx'
import { ReviewStep } from './review-step.tsx'
import { SourcesStep } from './sources-step.tsx'
import { requestOf, type TokenDraft } from './token-draft.ts'
import { TokenSummary } from './token-summary.tsx'
import styles from './token-wizard.module.css'
import { WizardSteps } from './wizard-steps.tsx'

const titles: Readonly<Record<DraftStep, string>> = {
  apis: 'Name and APIs',
  sources: 'Sources',
  restrictions: 'Restrictions',
  review: 'Review',
}

const parts: Readonly<Record<DraftStep, (props: DraftStepProps) => React.ReactNode>> = {
  apis: ApisStep,
  sources: SourcesStep,
  restrictions: RestrictionsStep,
  review: ReviewStep,
}

/** Makes an access token, step by step. What is wrong is said where somebody wants to go on. */
export function TokenWizard({
  initial,
  onCreated,
}: {
  readonly initial: TokenDraft
  readonly onCreated: (token: AccessToken) => void
}) {
  const [draft, setDraft] = useState(initial)
  const [step, setStep] = useState<DraftStep>('apis')
  const [tried, setTried] = useState<readonly DraftStep[]>([])
  const create = useCreateAccessToken()
  const heading = useRef<HTMLDivElement>(null)
  const isFirst = useRef(true)
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is the change of the step that counts.
  useEffect(() => {
    if (!isFirst.current) heading.current?.focus()
    isFirst.current = false
  }, [step])

  const problems = findDraftProblems(draft, Date.now())
  const at = draftSteps.indexOf(step)
  const next = draftSteps[at + 1]
  const Part = parts[step]

  const goOn = () => {
    setTried([...tried, step])
    if (problems.some((problem) => problem.step === step) || next === undefined) return
    setStep(next)
  }
  const submit = () => {
    setTried(draftSteps)
    const first = problems[0]
    if (first !== undefined) {
      setStep(first.step)
      return
    }
    create.mutate(requestOf(draft, Date.now()), {
      onSuccess: onCreated,
      onError: (error) => {
        const refused = stepOfField(fieldOf(error))
        if (refused !== undefined) setStep(refused)
      },
    })
  }

  return (
    <div className={form.form}>
      <WizardSteps
        steps={draftSteps.map((id) => ({
          id,
          title: titles[id],
          isWrong: tried.includes(id) && problems.some((problem) => problem.step === id),
        }))}
        current={step}
        onChange={(id) => {
          setTried([...tried, step])
          setStep(id)
        }}
      />
      <div ref={heading} tabIndex={-1} className={styles.step}>
        <Section title={titles[step]}>
          {create.error !== null && (
            <Notice tone="danger" title="The token was not made">
              <p>{create.error.message}</p>
            </Notice>
          )}
          <Part
            draft={draft}
            isNew
            onChange={(changed) => {
              create.reset()
              setDraft(changed)
            }}
            problemOf={(field) =>
              tried.includes(step)
                ? problems.find((problem) => problem.step === step && problem.field === field)
                    ?.message
                : undefined
            }
          />
          <div className={form.row}>
            {at > 0 && <Button onClick={() => setStep(draftSteps[at - 1] ?? 'apis')}>Back</Button>}
            {next === undefined ? (
              <Button variant="primary" busy={create.isPending} onClick={submit}>
                Create token
              </Button>
            ) : (
              <Button variant="primary" onClick={goOn}>
                Continue
              </Button>
            )}
          </div>
        </Section>
      </div>
      {step !== 'review' && (
        <Section title="What this token will do">
          <TokenSummary draft={draft} />
        </Section>
      )}
    </div>
  )
}

/** The member of the request that a refusal is about. */
function fieldOf(error: Error): string {
  const { field } = (error instanceof ApiError ? error.body : {}) as { readonly field?: unknown }
  return typeof field === 'string' ? field : ''
}
