import { expect, it } from 'vitest'
import type { Lack } from './api/explain-decision.ts'
import { createLinkFor } from './create-link.ts'

const asked = { api: 'sql', connection: 'default', isToken: false } as const
const capitals = (...verbs: string[]): Lack => ({
  what: 'table',
  schema: 'public',
  table: 'capitals',
  verbs,
})

it('leads to a key with all that the request needs, not only what was missing', () => {
  const surveys: Lack = { what: 'table', schema: 'my.schema', table: 'surveys', verbs: ['insert'] }
  const needed = [capitals('select'), surveys]
  expect(createLinkFor({ missing: [surveys], needed }, asked)).toEqual({
    to: '/api-keys/new',
    search: { apis: 'sql', tables: 'public.capitals:select;"my.schema".surveys:insert' },
  })
})

it('leads to a token when a token was refused and reading is all that is wanted', () => {
  const isToken = { ...asked, api: 'maps', connection: 'elsewhere', isToken: true } as const
  const reads = { missing: [capitals('select')], needed: [capitals('select')] }
  expect(createLinkFor(reads, isToken)).toEqual({
    to: '/developers/credentials/tokens/new',
    search: { apis: 'maps', connection: 'elsewhere', tables: 'public.capitals' },
  })
  const query: Lack = { what: 'query', query: 'select 1' }
  expect(createLinkFor({ missing: [query], needed: [query] }, isToken)?.search).toEqual({
    apis: 'maps',
    connection: 'elsewhere',
    query: 'select 1',
  })
  const writes = { missing: [capitals('insert')], needed: [capitals('insert')] }
  expect(createLinkFor(writes, isToken)?.to).toBe('/api-keys/new')
})

it.each([
  { what: 'ownership', schema: 'public', table: 'capitals' },
  { what: 'existence', schema: null, table: 'nowhere' },
  { what: 'function', function: 'pg_sleep' },
  { what: 'master_key' },
  { what: 'temporary_tables' },
  { what: 'engine' },
  capitals('truncate'),
] as const satisfies readonly Lack[])(
  'leads nowhere when %j is missing: nobody can grant it',
  (lack) => {
    const needed = [capitals('select')]
    expect(createLinkFor({ missing: [capitals('select'), lack], needed }, asked)).toBeUndefined()
  },
)

it('leads nowhere when nothing is missing, or it is not known what is needed', () => {
  expect(createLinkFor({ missing: [], needed: [capitals('select')] }, asked)).toBeUndefined()
  const connection: Lack = { what: 'connection', connection: 'elsewhere' }
  expect(createLinkFor({ missing: [connection], needed: [] }, asked)).toBeUndefined()
})
