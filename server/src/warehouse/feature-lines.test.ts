import { expect, test } from 'vitest'
import { testTypes, wireColumn, writeWireRow } from '../../test/wire-rows.ts'
import { createFeatureLines } from './feature-lines.ts'

type Column = readonly [name: string, type: string]

function linesOf(
  columns: readonly Column[],
  rows: readonly (readonly (string | null)[])[],
  skipped: readonly string[] = [],
) {
  const wire = columns.map(([name, type]) => wireColumn(name, type))
  const lines = createFeatureLines(wire, testTypes, new Set(skipped))
  for (const row of rows) writeWireRow(row, lines.row)
  const features = lines
    .take()
    .toString()
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as { properties: Record<string, unknown> })
  return { features, shape: lines.shape() }
}

const point = '0101000020E6100000000000000000F03F0000000000000040'
const pointIn3857 = '0101000020110F0000000000000000F03F0000000000000040'

test('every row is a feature whose properties have numbers for names', () => {
  const { features, shape } = linesOf(
    [
      ['id', 'int8'],
      ['the_geom', 'geometry'],
      ['name', 'text'],
      ['share', 'numeric'],
      ['at', 'timestamptz'],
      ['flag', 'bool'],
    ],
    [
      ['7', point, 'say "é"\n', '1.5', '2026-01-02 03:04:05.6+00', 't'],
      [null, null, '', 'NaN', null, 'f'],
    ],
  )
  expect(features).toEqual([
    {
      type: 'Feature',
      geometry: null,
      properties: {
        c0: 7,
        c2: 'say "é"\n',
        c3: 1.5,
        c4: '2026-01-02T03:04:05.6Z',
        c5: true,
        g: '0101000000000000000000f03f0000000000000040',
      },
    },
    {
      type: 'Feature',
      geometry: null,
      properties: { c0: null, c2: '', c3: 'NaN', c4: null, c5: false, g: null },
    },
  ])
  expect(shape.columns.map(({ name, type }) => [name, type])).toEqual([
    ['id', 'int8'],
    ['name', 'text'],
    ['share', 'float8'],
    ['at', 'timestamp'],
    ['flag', 'bool'],
  ])
  expect(shape.geometry).toEqual({
    name: 'the_geom',
    property: 'g',
    types: new Set([1]),
    srid: 4326,
  })
})

test('the geometry is the_geom, else the first; its copy in another projection is left out', () => {
  const columns: Column[] = [
    ['the_geom_webmercator', 'geometry'],
    ['other', 'geometry'],
    ['the_geom', 'geometry'],
  ]
  expect(linesOf(columns, []).shape).toMatchObject({
    columns: [{ name: 'other', type: 'text' }],
    geometry: { name: 'the_geom', srid: undefined },
  })
  expect(linesOf(columns, [], ['the_geom']).shape).toMatchObject({
    columns: [],
    geometry: { name: 'other' },
  })
  expect(linesOf([['a', 'int4']], []).shape.geometry).toBeUndefined()
})

test('geometries of several spatial references cannot be one layer', () => {
  expect(() => linesOf([['the_geom', 'geometry']], [[point], [pointIn3857]])).toThrow(
    'The geometries of the result are in several spatial reference systems.',
  )
})
