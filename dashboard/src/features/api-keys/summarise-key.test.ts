import { describe, expect, it } from 'vitest'
import type { KeyGrants } from './key-grants.ts'
import { readKeyGrants } from './key-grants.ts'
import { summariseKey } from './summarise-key.ts'

const nothing: KeyGrants = { apis: [], createIn: [], listing: false, services: [], tables: [] }
const read = (name: string) => ({ schema: 'public', name, ticked: ['select'] as const })

describe('a key is summed up', () => {
  it('by what it may do to which tables', () => {
    const grants: KeyGrants = {
      ...nothing,
      apis: ['sql', 'maps'],
      createIn: ['public'],
      tables: [
        read('capitals'),
        { schema: 'survey', name: 'answers', ticked: ['select', 'insert', 'update'] },
        read('roads'),
      ],
    }
    expect(summariseKey(grants, undefined)).toEqual([
      'It can send SQL statements and draw maps.',
      'It can read rows in capitals and roads.',
      'It can read, add and change rows in survey.answers.',
      'It can make tables in public. What it makes is its own to change and delete.',
      'It reads whatever is public, as every key does.',
      'It works until it is deleted.',
    ])
  })

  it('without naming more tables than anybody reads', () => {
    const tables = Array.from({ length: 30 }, (_, number) => read(`t${number}`))
    const [, sentence] = summariseKey({ ...nothing, apis: ['sql'], tables }, undefined)
    expect(sentence).toBe('It can read rows in t0, t1, t2, t3, t4, t5, t6, t7 and 22 other tables.')
  })

  it('by its end', () => {
    expect(summariseKey(nothing, new Date('2030-01-01T00:00:00Z')).at(-1)).toMatch(
      /^It stops working on .*20(29|30)/,
    )
  })
})

it('313: what the server says of a key is read', () => {
  const grants = readKeyGrants([
    { type: 'apis', apis: ['sql', 'unheard of'] },
    {
      type: 'database',
      tables: [
        { schema: 'public', name: 'a', owner: true, permissions: ['delete', 'select', 'truncate'] },
      ],
      schemas: [
        { name: 'public', permissions: ['create', 'usage'] },
        { name: 'information_schema', permissions: ['usage'] },
      ],
      table_metadata: [],
    },
    { type: 'dataservices', services: ['routing'] },
  ])
  expect(grants).toEqual({
    apis: ['sql'],
    createIn: ['public'],
    listing: true,
    services: ['routing'],
    tables: [{ schema: 'public', name: 'a', isOwn: true, ticked: ['select', 'delete'] }],
  })
  expect(readKeyGrants(['rubbish', null])).toEqual(nothing)
})
