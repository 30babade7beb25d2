import { expect, test } from 'vitest'
import { makeTopology } from './make-topology.ts'

const feature = (geometry: unknown, properties: object = {}) =>
  ({ type: 'Feature', geometry, properties }) as never

const square = (x: number) => ({
  type: 'Polygon',
  coordinates: [
    [
      [x, 0],
      [x, 1],
      [x + 1, 1],
      [x + 1, 0],
      [x, 0],
    ],
  ],
})

test('features are objects under their numbers, and share their borders', () => {
  const made = makeTopology({ features: [feature(square(0), { a: 1 }), feature(square(1))] })
  expect(made.type).toBe('Topology')
  expect(Object.keys(made.objects)).toEqual(['0', '1'])
  expect(made.objects[0]).toMatchObject({ type: 'Polygon', properties: { a: 1 } })
  // The border between the two is one arc: the outsides are the others.
  expect(made.arcs).toHaveLength(3)
  expect(made.transform).toBeDefined()
})

test.each([
  ['points', [feature({ type: 'Point', coordinates: [1, 2] })]],
  ['one without geometry', [feature(null, { a: 1 })]],
  ['none', []],
])('%s are a valid document', (_, features) => {
  const made = JSON.parse(JSON.stringify(makeTopology({ features })))
  expect(made).toMatchObject({ type: 'Topology', arcs: [] })
  expect(Object.keys(made.objects)).toHaveLength(features.length)
})
