import { expect, test } from 'vitest'
import { type Grants, grantsMayWrite } from './grants.ts'

const none: Grants = {
  apis: ['sql'],
  tables: [],
  schemas: [],
  tableMetadata: true,
  services: ['geocoding'],
  userData: ['profile'],
  datasets: ['a.b.c'],
}
const table = { schema: 'public', name: 'parcels' }

test.each<[what: string, grants: Partial<Grants>, mayWrite: boolean]>([
  ['nothing in the database', {}, false],
  ['a table to select', { tables: [{ ...table, permissions: ['select'] }] }, false],
  ['a table without verbs', { tables: [{ ...table, permissions: [] }] }, false],
  ['a schema without verbs', { schemas: [{ name: 'public', permissions: [] }] }, false],
  ['a table to insert into', { tables: [{ ...table, permissions: ['insert'] }] }, true],
  ['a table to update', { tables: [{ ...table, permissions: ['select', 'update'] }] }, true],
  ['a table to delete from', { tables: [{ ...table, permissions: ['delete', 'select'] }] }, true],
  ['a schema to create in', { schemas: [{ name: 'public', permissions: ['create'] }] }, true],
  [
    'one writable table among many',
    {
      tables: [
        { ...table, permissions: ['select'] },
        { ...table, name: 'roads', permissions: ['update'] },
      ],
    },
    true,
  ],
])('%s: may write is %s', (_, grants, mayWrite) => {
  expect(grantsMayWrite({ ...none, ...grants })).toBe(mayWrite)
})
