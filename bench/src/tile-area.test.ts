import { expect, test } from 'vitest'
import { drawTiles, tileArea } from './tile-area.ts'

test('the area holds the tile of its middle and reaches to its edges', () => {
  // Zoom 1: four tiles, of which the north-eastern is 1/0.
  expect(tileArea(1, { x: 1, y: 1 }, 1)).toEqual({
    z: 1,
    x: { first: 1, last: 1 },
    y: { first: 0, last: 0 },
  })
  const { x, y } = tileArea(1, { x: 0, y: 0 }, 2)
  expect([x, y]).toEqual([
    { first: 0, last: 1 },
    { first: 0, last: 1 },
  ])
})

test('tiles are drawn from the whole area, the same ones for the same seed', () => {
  const area = { z: 5, x: { first: 3, last: 4 }, y: { first: 7, last: 8 } }
  const tiles = drawTiles(area, 1, 100)
  expect(new Set(tiles.map(({ z, x, y }) => `${z}/${x}/${y}`))).toEqual(
    new Set(['5/3/7', '5/3/8', '5/4/7', '5/4/8']),
  )
  expect(drawTiles(area, 1, 100)).toEqual(tiles)
  expect(drawTiles(area, 2, 100)).not.toEqual(tiles)
})
