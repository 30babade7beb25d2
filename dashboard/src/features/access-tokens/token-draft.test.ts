import { expect, it } from 'vitest'
import {
  addGrant,
  changesOf,
  draftFromSearch,
  draftOf,
  emptyDraft,
  expirationOf,
  requestOf,
} from './token-draft.ts'

const nowMs = Date.parse('2026-11-21T12:00:00Z')

it('is filled in by the page that leads to it, with what exists and no more', () => {
  expect(
    draftFromSearch({
      apis: 'sql,maps,everything',
      connection: 'warehouse',
      tables: 'public.capitals, "my, schema".t',
      query: 'select 1',
      referers: 'https://a.b,https://c.d',
    }),
  ).toEqual({
    ...emptyDraft,
    apis: ['sql', 'maps'],
    grants: [
      { connection: 'warehouse', source: 'public.capitals' },
      { connection: 'warehouse', source: '"my, schema".t' },
      { connection: 'warehouse', source: 'select 1' },
    ],
    referers: 'https://a.b\nhttps://c.d',
  })
  expect(draftFromSearch({ apis: 'imports,sql' }).apis).toEqual(['imports'])
  expect(draftFromSearch({})).toEqual(emptyDraft)
})

it('says nothing of a name that was left empty, so that one is made', () => {
  const draft = { ...emptyDraft, name: '  ', apis: ['sql'] as const }
  expect(requestOf(draft, nowMs)).toEqual({ allowed_apis: ['sql'], grants: [], referers: [] })
  expect(requestOf({ ...draft, name: ' mine ' }, nowMs)).toMatchObject({ name: 'mine' })
})

it('ends when it was said, in the time zone of whoever says it', () => {
  expect(expirationOf({ kind: 'never' }, nowMs)).toBeNull()
  expect(expirationOf({ kind: 'days', days: 30 }, nowMs)).toBe('2026-12-21T12:00:00.000Z')
  expect(expirationOf({ kind: 'at', local: '2030-01-31T12:00' }, nowMs)).toBe(
    new Date(2030, 0, 31, 12).toISOString(),
  )
  expect(expirationOf({ kind: 'at', local: '' }, nowMs)).toBeUndefined()
})

it('an edit says only what is not as it was', () => {
  const before = draftOf({
    name: 'mine',
    allowed_apis: ['sql'],
    grants: [{ connection_name: 'default', source: 'capitals' }],
    referers: ['https://a.b'],
    expiration_date: null,
  } as unknown as Parameters<typeof draftOf>[0])
  expect(changesOf(before, before)).toEqual({})
  expect(changesOf({ ...before, name: 'yours' }, before)).toEqual({ name: 'yours' })
  expect(changesOf({ ...before, referers: '' }, before)).toEqual({ referers: [] })
})

it('has a source once', () => {
  const grant = { connection: 'default', source: ' capitals ' }
  const once = addGrant(emptyDraft, grant)
  expect(once.grants).toEqual([{ connection: 'default', source: 'capitals' }])
  expect(addGrant(once, grant)).toBe(once)
  expect(addGrant(once, { ...grant, connection: 'other' }).grants).toHaveLength(2)
})
