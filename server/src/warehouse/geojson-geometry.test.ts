import { describe, expect, it } from 'vitest'
import { geojsonGeometry } from './geojson-geometry.ts'

const geometry = (hex: string) => {
  const text = geojsonGeometry(Buffer.from(hex, 'hex'))
  return text === undefined ? undefined : JSON.parse(text)
}

// What PostGIS's ST_AsEWKB says of the texts.
describe('a geometry becomes GeoJSON', () => {
  it.each([
    [
      'POINT(-3.7 40.4)',
      '01010000009a99999999990dc03333333333334440',
      { type: 'Point', coordinates: [-3.7, 40.4] },
    ],
    [
      'the same, big-endian, SRID 4326',
      '0020000001000010e6c00d99999999999a4044333333333333',
      { type: 'Point', coordinates: [-3.7, 40.4] },
    ],
    [
      'SRID=3857;POINT Z (1 2 3)',
      '01010000a0110f0000000000000000f03f00000000000000400000000000000840',
      {
        type: 'Point',
        crs: { type: 'name', properties: { name: 'EPSG:3857' } },
        coordinates: [1, 2, 3],
      },
    ],
    [
      'POINT ZM (1 2 3 4)',
      '01010000c0000000000000f03f000000000000004000000000000008400000000000001040',
      { type: 'Point', coordinates: [1, 2, 3] },
    ],
    [
      'POINT M (1 2 3)',
      '0101000040000000000000f03f00000000000000400000000000000840',
      { type: 'Point', coordinates: [1, 2] },
    ],
    [
      'POINT EMPTY',
      '0101000000000000000000f87f000000000000f87f',
      { type: 'Point', coordinates: [] },
    ],
    ['LINESTRING EMPTY', '010200000000000000', { type: 'LineString', coordinates: [] }],
    [
      'POINT(0.1234567891234 1e20)',
      '01010000006211c137dd9abf3f408cb5781daf1544',
      { type: 'Point', coordinates: [0.123456789, 1e20] },
    ],
  ])('%s', (_text, hex, expected) => {
    expect(geometry(hex)).toEqual(expected)
  })
})

it.each([
  ['a curve', `010800000003000000${'00'.repeat(48)}`],
  ['a triangle', '011100000000000000'],
  ['a curve in a collection', '010700000001000000' + '010800000000000000'],
  ['no bytes', ''],
  ['too few bytes', '0101000000000000'],
  ['a count that the bytes do not hold', '0102000000ffffffff'],
  ['collections in each other without end', '010700000001000000'.repeat(5_000)],
])('GeoJSON does not have %s', (_what, hex) => {
  expect(geometry(hex)).toBeUndefined()
})
