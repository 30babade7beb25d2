import { expect, it } from 'vitest'
import { readMap, readRows } from './read-answer.ts'

it('reads rows of the classic SQL API and of v3, with the columns in their order', () => {
  const rows = [{ b: 1, a: null }]
  const expected = { columns: ['b', 'a'], rows }
  expect(readRows({ rows, fields: { b: {}, a: {} } })).toEqual(expected)
  expect(readRows({ rows, schema: [{ name: 'b' }, { name: 'a' }] })).toEqual(expected)
  expect(readRows({ rows: [], fields: { b: {} } })).toEqual({ columns: ['b'], rows: [] })
  expect(readRows({ error: ['no'] })).toBeUndefined()
})

it('finds the tiles of a map on the server that the page is from, whatever that is called', () => {
  const tiles = ['https://other.example/maps/user/demo/v3/maps/default/table/{z}/{x}/{y}?name=a']
  expect(readMap({ tiles, bounds: [-1, -2, 3, 4] }, '/maps')).toEqual({
    tiles: '/maps/user/demo/v3/maps/default/table/{z}/{x}/{y}?name=a',
    bounds: [-1, -2, 3, 4],
  })
  expect(readMap({ tiles: ['http://h/v3/x/{z}'] }, '')).toEqual({
    tiles: '/v3/x/{z}',
    bounds: null,
  })
  expect(readMap({ rows: [] }, '')).toBeUndefined()
})
