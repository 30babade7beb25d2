import type { DraftProblem } from './find-draft-problems.ts'
import type { TokenDraft } from './token-draft.ts'

/** What every step of making or editing a token is given. */
export type DraftStepProps = {
  readonly draft: TokenDraft
  readonly onChange: (draft: TokenDraft) => void
  /** What is wrong with a field, once it is to be said. */
  readonly problemOf: (field: DraftProblem['field']) => string | undefined
  /** Whether there is no such token yet. */
  readonly isNew: boolean
}
