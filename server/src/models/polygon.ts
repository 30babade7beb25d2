import { invalidParameter } from '../sources/invalid-parameter.ts'
import { isObject } from '../sources/is-object.ts'

/** Longitude and latitude. */
export type Position = readonly [number, number]

/** Rings, of which the first goes around and the others are holes; each ends where it begins. */
export type Polygon = readonly (readonly Position[])[]

const maxPositions = 100_000

/**
 * Reads a GeoJSON Polygon or MultiPolygon as polygons. Nothing but positions is taken over. Throws
 * invalid_parameter.
 */
export function readPolygons(value: unknown, parameter: string): Polygon[] {
  const refuse = (why: string): never => {
    throw invalidParameter(parameter, why)
  }
  const { type, coordinates } = isObject(value) ? value : {}
  const list = (entry: unknown): readonly unknown[] =>
    Array.isArray(entry) && entry.length > 0 ? entry : refuse('its coordinates are no polygons')
  let positions = 0
  const readPosition = (entry: unknown): Position => {
    const [x, y] = list(entry)
    positions += 1
    if (positions > maxPositions) refuse(`it has more than ${maxPositions} positions`)
    if (!Number.isFinite(x) || !Number.isFinite(y)) refuse('a position is no pair of numbers')
    return [Number(x), Number(y)]
  }
  const readRing = (entry: unknown): Position[] => {
    const ring = list(entry).map(readPosition)
    const [first, last] = [ring[0], ring.at(-1)]
    const isClosed = first?.[0] === last?.[0] && first?.[1] === last?.[1]
    return ring.length >= 4 && isClosed
      ? ring
      : refuse('a ring has at least four positions, the last of which is the first')
  }
  const readPolygon = (entry: unknown) => list(entry).map(readRing)
  if (type === 'Polygon') return [readPolygon(coordinates)]
  if (type === 'MultiPolygon') return list(coordinates).map(readPolygon)
  return refuse('it is neither a Polygon, a MultiPolygon nor a list of cells')
}

/** The box around polygons, no farther from the equator than `maxLatitude`. */
export function boxOf(
  polygons: readonly Polygon[],
  maxLatitude = 90,
): [west: number, south: number, east: number, north: number] {
  const box: [number, number, number, number] = [Infinity, maxLatitude, -Infinity, -maxLatitude]
  for (const [outer = []] of polygons) {
    for (const [x, y] of outer) {
      box[0] = Math.min(box[0], x)
      box[1] = Math.min(box[1], Math.max(y, -maxLatitude))
      box[2] = Math.max(box[2], x)
      box[3] = Math.max(box[3], Math.min(y, maxLatitude))
    }
  }
  return box
}
