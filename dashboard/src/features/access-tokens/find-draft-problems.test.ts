import { expect, it } from 'vitest'
import { findDraftProblems, stepOfField } from './find-draft-problems.ts'
import { emptyDraft, type TokenDraft } from './token-draft.ts'

const nowMs = Date.parse('2026-11-21T12:00:00Z')
const good: TokenDraft = {
  ...emptyDraft,
  apis: ['sql'],
  grants: [{ connection: 'default', source: 'capitals' }],
}
const problemsOf = (changes: Partial<TokenDraft>) =>
  findDraftProblems({ ...good, ...changes }, nowMs).map(({ step, field }) => `${step}: ${field}`)

it('nothing is wrong with an API and a source for it', () => {
  expect(problemsOf({})).toEqual([])
})

it.each<[string, Partial<TokenDraft>, string]>([
  ['no API', { apis: [] }, 'apis: apis'],
  ['a name that is too long', { name: 'x'.repeat(256) }, 'apis: name'],
  ['no source', { grants: [] }, 'sources: grants'],
  [
    'a query as a destination',
    { apis: ['imports'], grants: [{ connection: 'default', source: 'select 1' }] },
    'sources: grants',
  ],
  ['what is no site', { referers: 'https://a.b example.com' }, 'restrictions: referers'],
  [
    'an end in the past',
    { expiry: { kind: 'at', local: '2001-01-01T00:00' } },
    'restrictions: expiry',
  ],
  ['an end that is no time', { expiry: { kind: 'at', local: '' } }, 'restrictions: expiry'],
])('finds %s, on the step where it can be mended', (_what, changes, problem) => {
  expect(problemsOf(changes)).toEqual([problem])
})

it('location data services alone need no source', () => {
  expect(problemsOf({ apis: ['lds'], grants: [] })).toEqual([])
})

it('knows the step of what the server refuses', () => {
  expect(stepOfField('name')).toBe('apis')
  expect(stepOfField('grants[3].connection_name')).toBe('sources')
  expect(stepOfField('referers[0]')).toBe('restrictions')
  expect(stepOfField('something')).toBeUndefined()
})
