import { expect, it } from 'vitest'
import { summariseToken } from './summarise-token.ts'
import { emptyDraft, type TokenDraft } from './token-draft.ts'

const nowMs = Date.parse('2026-11-21T12:00:00Z')
const summary = (changes: Partial<TokenDraft>, named: string[] = []) =>
  summariseToken({ ...emptyDraft, apis: ['sql', 'maps'], ...changes }, nowMs, named).join(' ')

it('says what is opened where, by what, from where and until when', () => {
  const text = summary(
    {
      grants: [
        { connection: 'default', source: 'public.capitals' },
        { connection: 'default', source: 'select name from t where a = $1' },
        { connection: 'warehouse', source: '*' },
        { connection: 'warehouse', source: 'largest' },
      ],
      referers: 'https://a.b/map',
      expiry: { kind: 'days', days: 1 },
    },
    ['largest'],
  )
  expect(text).toContain(
    'read public.capitals and the rows of one query, with parameters of their choice',
  )
  expect(text).toContain('on the connection default, by the SQL API and the Maps API.')
  expect(text).toContain(
    'every table, also those that are made later and the named source largest on the connection warehouse',
  )
  expect(text).toContain('only on pages of https://a.b; programs')
  expect(text).toContain('until')
  expect(text).toContain('only reads')
})

it('says when it is open to everybody and for ever', () => {
  const text = summary({ grants: [{ connection: 'default', source: 't' }] })
  expect(text).toContain('from anywhere')
  expect(text).toContain('until it is deleted')
})

it('says that an import writes', () => {
  const text = summary({
    apis: ['imports'],
    grants: [{ connection: 'default', source: 'default.public.*' }],
  })
  expect(text).toContain('import into the tables whose names match default.public.*')
  expect(text).not.toContain('only reads')
})
