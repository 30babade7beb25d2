import { expect, it } from 'vitest'
import { auditQuery } from './audit-query.ts'
import { actorTitle, auditSentence, auditSubjects, auditWords } from './audit-words.ts'

it('every action belongs to a subject that can be chosen', () => {
  const subjects = auditSubjects.flatMap(([subject]) => subject.split(','))
  const actions = Object.keys(auditWords).map((action) => action.split('.')[0])
  expect(new Set(actions)).toEqual(new Set([...subjects, 'secrets']))
})

it.each([
  ['user', 'ann', null, 'ann'],
  ['oauth_client', 'Editor', 'ann', 'Editor for ann'],
  ['master_key', 'Master', null, 'The master key'],
  ['nobody', null, null, 'Somebody'],
] as const)('says who %s is', (kind, name, acting_for, title) => {
  expect(actorTitle({ kind, id: null, name, acting_for, network: null })).toBe(title)
})

it('a filter of days goes from the beginning of the first to the end of the last', () => {
  const { from, to, actor } = auditQuery({ from: '2026-11-20', to: '2026-11-20', actor: 'ann' })
  expect(new Date(from ?? '')).toEqual(new Date('2026-11-20T00:00:00'))
  expect(new Date(to ?? '')).toEqual(new Date('2026-11-21T00:00:00'))
  expect(actor).toBe('ann')
  expect(auditQuery({ from: 'nonsense' })).toEqual({})
})

const event = {
  id: '1',
  at: '2026-11-21T10:00:00Z',
  actor: { kind: 'user', id: null, name: 'ann', acting_for: null, network: null },
  details: {},
} as const

it.each([
  ['session.create', 'ann', 'signed in'],
  ['session.delete', 'ben', 'ended a session of ben'],
  ['api_key.create', 'ann', 'made the API key ann'],
  ['session.refuse', null, 'could not sign in as a user that does not exist'],
] as const)('says of %s what was done', (action, name, sentence) => {
  expect(auditSentence({ ...event, action, target: { id: null, name } })).toBe(sentence)
})
