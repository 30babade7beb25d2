import type { TileAddress } from '@postern/server/tiles/tile-sql.js'
import { createSeededRandom } from './seeded-random.ts'

/** The tiles of one zoom level that touch a square on the ground. */
export type TileArea = {
  readonly z: number
  readonly x: { readonly first: number; readonly last: number }
  readonly y: { readonly first: number; readonly last: number }
}

/** Half of the width of the Web Mercator square, in metres. */
const halfWorld = 20_037_508.342789244

/** The tiles that lie wholly or partly in a square; metres of Web Mercator. */
export function tileArea(
  z: number,
  center: { readonly x: number; readonly y: number },
  width: number,
): TileArea {
  const tileWidth = (2 * halfWorld) / 2 ** z
  const index = (metres: number) => Math.floor(metres / tileWidth)
  const fromWest = halfWorld + center.x
  const fromNorth = halfWorld - center.y
  return {
    z,
    x: { first: index(fromWest - width / 2), last: index(fromWest + width / 2) },
    y: { first: index(fromNorth - width / 2), last: index(fromNorth + width / 2) },
  }
}

/** `count` tiles of the area, drawn at random, the same for the same seed. */
export function drawTiles(area: TileArea, seed: number, count: number): TileAddress[] {
  const random = createSeededRandom(seed)
  const draw = ({ first, last }: TileArea['x']) => first + Math.floor(random() * (last - first + 1))
  return Array.from({ length: count }, () => ({ z: area.z, x: draw(area.x), y: draw(area.y) }))
}
