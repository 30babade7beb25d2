import { readReferer, splitReferers } from './read-referer.ts'
import { sourceKindOf, sourceKindsFor } from './source-kind.ts'
import { needsSource } from './token-apis.ts'
import { expirationOf, type TokenDraft } from './token-draft.ts'

/** The steps of making a token, in their order. */
export const draftSteps = ['apis', 'sources', 'restrictions', 'review'] as const

export type DraftStep = (typeof draftSteps)[number]

export type DraftProblem = {
  readonly step: DraftStep
  readonly field: 'name' | 'apis' | 'grants' | 'referers' | 'expiry'
  readonly message: string
}

const maxNameLength = 255
const maxGrants = 100
const maxReferers = 100

/** What keeps a draft from being a token, as far as this page can tell. */
export function findDraftProblems(draft: TokenDraft, nowMs: number): readonly DraftProblem[] {
  return [
    ...findApiProblems(draft),
    ...findSourceProblems(draft),
    ...findRestrictionProblems(draft, nowMs),
  ]
}

function findApiProblems({ name, apis }: TokenDraft): DraftProblem[] {
  const problems: DraftProblem[] = []
  if (name.trim().length > maxNameLength) {
    problems.push({
      step: 'apis',
      field: 'name',
      message: `A name can have at most ${maxNameLength} characters.`,
    })
  }
  if (apis.length === 0) {
    problems.push({
      step: 'apis',
      field: 'apis',
      message: 'Choose at least one API that the token may use.',
    })
  }
  return problems
}

function findSourceProblems({ apis, grants }: TokenDraft): DraftProblem[] {
  const refuse = (message: string): DraftProblem[] => [
    { step: 'sources', field: 'grants', message },
  ]
  if (grants.length > maxGrants) return refuse(`A token can have at most ${maxGrants} sources.`)
  if (grants.length === 0) {
    if (apis.length === 0 || !needsSource(apis)) return []
    return refuse('Add at least one source: without one, the token opens nothing.')
  }
  const kinds = sourceKindsFor(apis)
  const stranger = grants.find(({ source }) => !kinds.includes(sourceKindOf(source)))
  if (stranger === undefined) return []
  return refuse(
    'The sources of a token for the Import API are destinations: a query cannot be one. Remove it.',
  )
}

function findRestrictionProblems(draft: TokenDraft, nowMs: number): DraftProblem[] {
  const problems: DraftProblem[] = []
  const sites = splitReferers(draft.referers)
  if (sites.length > maxReferers) {
    problems.push({
      step: 'restrictions',
      field: 'referers',
      message: `A token can have at most ${maxReferers} sites.`,
    })
  }
  const wrong = sites.map(readReferer).find((site) => !site.ok)
  if (wrong !== undefined && !wrong.ok) {
    problems.push({
      step: 'restrictions',
      field: 'referers',
      message: `${wrong.written}: ${wrong.problem}`,
    })
  }
  const expiration = expirationOf(draft.expiry, nowMs)
  if (expiration === undefined) {
    problems.push({
      step: 'restrictions',
      field: 'expiry',
      message: 'Choose a day and a time.',
    })
  } else if (expiration !== null && Date.parse(expiration) <= nowMs) {
    problems.push({
      step: 'restrictions',
      field: 'expiry',
      message: 'This is in the past: the token would open nothing.',
    })
  }
  return problems
}

/** The step that a member of a refused request is on, such as `grants[0].source`. */
export function stepOfField(field: string): DraftStep | undefined {
  if (/^(name|allowed_apis)/.test(field)) return 'apis'
  if (field.startsWith('grants')) return 'sources'
  if (/^(referers|expiration_date)/.test(field)) return 'restrictions'
  return undefined
}
