import fc from 'fast-check'
import * as h3 from 'h3-js'
import * as quadbin from 'quadbin'
import { describe, expect, test } from 'vitest'
import { type CoverMode, coverPolygons } from './cover-polygons.ts'
import type { Polygon } from './polygon.ts'

const box = (west: number, south: number, east: number, north: number): Polygon => [
  [
    [west, south],
    [east, south],
    [east, north],
    [west, north],
    [west, south],
  ],
]

const teeth = Array.from({ length: 500 }, (_, index) => [index / 100, index % 2] as const)
const zigzag = [...teeth, ...teeth.slice(0, 1)]

const cellAt = {
  h3: (x: number, y: number, resolution: number) =>
    BigInt(`0x${h3.latLngToCell(y, x, resolution)}`),
  quadbin(x: number, y: number, resolution: number) {
    const tiles = 2 ** resolution
    const sine = Math.sin((y * Math.PI) / 180)
    return quadbin.tileToCell({
      x: Math.floor((x / 360 + 0.5) * tiles),
      y: Math.floor((0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * tiles),
      z: resolution,
    })
  },
}

const boxes = fc
  .tuple(
    fc.double({ min: -179, max: 170, noNaN: true }),
    fc.double({ min: -75, max: 70, noNaN: true }),
    fc.double({ min: 0.01, max: 5, noNaN: true }),
  )
  .map(([west, south, side]) => [west, south, west + side, south + side] as const)

describe.each(['h3', 'quadbin'] as const)('%s', (scheme) => {
  const cover = (polygon: Polygon, resolution: number, mode: CoverMode) =>
    coverPolygons(scheme, [polygon], resolution, mode)

  test('every place in a polygon lies in a cell that touches it', () => {
    fc.assert(
      fc.property(
        boxes,
        fc.integer({ min: 1, max: 7 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        ([west, south, east, north], resolution, across, up) => {
          const cells = cover(box(west, south, east, north), resolution, 'intersects')
          const [x, y] = [west + across * (east - west), south + up * (north - south)]
          const used = cells[0]?.resolution ?? resolution
          expect(cells.map(({ id }) => id)).toContain(cellAt[scheme](x, y, used))
        },
      ),
      { numRuns: 15 },
    )
  })

  test('whose centre lies in it touches it, and what lies in it has its centre there', () => {
    fc.assert(
      fc.property(boxes, fc.integer({ min: 3, max: 7 }), (corners, resolution) => {
        const [touching, centred, within] = (['intersects', 'center', 'contains'] as const).map(
          (mode) => new Set(cover(box(...corners), resolution, mode).map(({ id }) => id)),
        )
        for (const id of within ?? []) expect(centred?.has(id)).toBe(true)
        for (const id of centred ?? []) expect(touching?.has(id)).toBe(true)
      }),
      { numRuns: 10 },
    )
  })

  test('a hole is not covered', () => {
    const [outer = []] = box(-20, -20, 20, 20)
    const [hole = []] = box(-10, -10, 10, 10)
    const resolution = scheme === 'h3' ? 3 : 5
    const ids = cover([outer, hole], resolution, 'center').map(({ id }) => id)
    expect(ids).toContain(cellAt[scheme](15, 15, resolution))
    expect(ids).not.toContain(cellAt[scheme](0.1, 0.1, resolution))
  })

  test.each([
    ['the whole world', box(-180, -90, 180, 90)],
    ['more than the world', box(-1e300, -1e300, 1e300, 1e300)],
    ['a pole', box(-180, 89.9, 180, 90)],
    ['half of the world and more', box(-100, -10, 170, 10)],
    ['nothing', box(500, 0, 600, 10)],
    ['a line', box(10, 10, 10, 20)],
    ['a zigzag', [zigzag]],
    ['an edge of the world', box(179.9, -1, 180, 1)],
  ])('%s, in few cells, coarser where need be', (_, polygon) => {
    for (const mode of ['intersects', 'center', 'contains'] as const) {
      const cells = cover(polygon, 15, mode)
      expect(cells.length).toBeLessThan(20_000)
    }
  })

  test('so many polygons that looking for each would hold up everybody else are refused', () => {
    const specks = Array.from({ length: 501 }, (_, index) => box(index / 5, 1, index / 5 + 1e-7, 2))
    expect(() => coverPolygons(scheme, specks, 15, 'intersects')).toThrow('at most 500 polygons')
  })

  test('the world is covered', () => {
    const cells = cover(box(-180, -90, 180, 90), 2, 'intersects')
    for (const [x, y] of [
      [-179, 80],
      [179, -80],
      [0.1, 0.1],
      [-0.1, 50],
    ] as const) {
      expect(cells.map(({ id }) => id)).toContain(cellAt[scheme](x, y, 2))
    }
  })
})
