import { expect, it } from 'vitest'
import { keyVerbs } from './key-form.ts'
import { keyFormSearch, prefillKeyForm } from './prefill-key-form.ts'

it('what a page asks for is filled in, whatever tables are called', () => {
  const tables = [
    { schema: 'public', name: 'capitals', verbs: ['select', 'insert'] as const },
    { schema: 'my.data', name: 'a "table"; of: mine', verbs: ['delete'] as const },
  ]
  const form = prefillKeyForm(keyFormSearch(['sql', 'maps'], tables))
  expect(form.apis).toEqual(['sql', 'maps'])
  expect(form.tables).toEqual(
    tables.map(({ schema, name, verbs }) => ({
      schema,
      name,
      permissions: keyVerbs,
      ticked: verbs,
    })),
  )
})

it('a table is written as people would write it', () => {
  expect(prefillKeyForm({ tables: 'public.capitals:select,insert' }).tables).toMatchObject([
    { schema: 'public', name: 'capitals', ticked: ['select', 'insert'] },
  ])
})

it.each(['nonsense', 'public.capitals', 'public.capitals:drop', ':select', '"open.x:select'])(
  'what cannot be read is left out: %s',
  (tables) => {
    expect(prefillKeyForm({ apis: 'root', tables })).toMatchObject({ apis: [], tables: [] })
  },
)
