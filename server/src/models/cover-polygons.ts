import * as h3 from 'h3-js'
import * as quadbin from 'quadbin'
import { invalidParameter } from '../sources/invalid-parameter.ts'
import type { Cell, IndexScheme } from '../tiles/spatial-index.ts'
import { boxOf, type Polygon, type Position } from './polygon.ts'

/** Which cells belong to a polygon: those that touch it, whose centre lies in it, that lie in it. */
export type CoverMode = 'intersects' | 'center' | 'contains'

/**
 * About as many cells cover a polygon at most: finding them holds up everybody else. Where it would
 * be more at the resolution of the data, coarser cells are taken, with all that lie in them.
 */
const maxCells = 10_000
/** Each cell is held against each edge. */
const maxComparisons = 20_000_000
/** Each is looked for from the coarsest cells down, however small it is. */
const maxPolygons = 500

/**
 * The cells of a resolution, or of a coarser one, that belong to any of some polygons. Throws
 * invalid_parameter for polygons that have no extent, and for too many of them.
 */
export function coverPolygons(
  scheme: IndexScheme,
  polygons: readonly Polygon[],
  resolution: number,
  mode: CoverMode,
): Pick<Cell, 'id' | 'resolution'>[] {
  if (polygons.length > maxPolygons) {
    throw invalidParameter('spatialFilters', `cells cover at most ${maxPolygons} polygons at once`)
  }
  const cover = scheme === 'h3' ? coverWithH3 : coverWithQuadbin
  const ids = new Set<bigint>()
  const maxLatitude = scheme === 'h3' ? 90 : maxTiledLatitude
  const inHalves = polygons.flatMap((polygon) => cutInHalves(polygon, maxLatitude))
  const estimate = scheme === 'h3' ? estimateH3 : estimateQuadbin
  let used = resolution
  const count = (at: number) => inHalves.reduce((sum, polygon) => sum + estimate(polygon, at), 0)
  const edges = inHalves.flat().reduce((sum, ring) => sum + ring.length, 0)
  const most = Math.min(maxCells, maxComparisons / Math.max(edges, 1))
  while (used > 0 && count(used) > most) used -= 1
  try {
    for (const polygon of inHalves) {
      for (const id of cover(polygon, used, mode)) ids.add(id)
    }
  } catch (cause) {
    // What is smaller than numbers can tell, for one.
    throw invalidParameter('spatialFilters', 'no cells cover this polygon', cause)
  }
  return [...ids].map((id) => ({ id, resolution: used }))
}

/**
 * H3 takes an edge for the shorter way around the globe, so that no polygon may be wider than half of
 * it: cuts one at Greenwich, and takes off what lies where there are no cells. Nothing of it may reach
 * a pole in Web Mercator, where that is infinitely far.
 */
function cutInHalves(polygon: Polygon, maxLatitude: number): Polygon[] {
  return [
    [-180, 0],
    [0, 180],
  ].flatMap(([west = 0, east = 0]) => {
    const rings = polygon.map((ring) =>
      [
        { axis: 0, limit: west, isBelow: false },
        { axis: 0, limit: east, isBelow: true },
        { axis: 1, limit: -maxLatitude, isBelow: false },
        { axis: 1, limit: maxLatitude, isBelow: true },
      ].reduce<readonly Position[]>(clip, ring),
    )
    const [outer, ...holes] = rings
    return outer === undefined || !hasExtent(outer) ? [] : [[outer, ...holes.filter(hasExtent)]]
  })
}

function hasExtent(ring: readonly Position[]): boolean {
  const [[firstX, firstY] = [0, 0]] = ring
  return ring.length >= 4 && ring.some(([x, y]) => x !== firstX || y !== firstY)
}

/** Cuts a ring along a meridian or parallel (Sutherland and Hodgman). */
function clip(
  ring: readonly Position[],
  { axis, limit, isBelow }: { axis: number; limit: number; isBelow: boolean },
): Position[] {
  const isInside = (position: Position) => {
    const value = position[axis] ?? 0
    return isBelow ? value <= limit : value >= limit
  }
  const kept = ring.slice(0, -1).flatMap((end, index, open) => {
    const start = open.at(index - 1) ?? end
    if (isInside(start) === isInside(end)) return isInside(end) ? [end] : []
    const share = (limit - (start[axis] ?? 0)) / ((end[axis] ?? 0) - (start[axis] ?? 0))
    const other = 1 - axis
    const across = (start[other] ?? 0) + share * ((end[other] ?? 0) - (start[other] ?? 0))
    const crossing: Position = axis === 0 ? [limit, across] : [across, limit]
    return isInside(end) ? [crossing, end] : [crossing]
  })
  const [first] = kept
  return first === undefined ? [] : [...kept, first]
}

const radians = Math.PI / 180

/** Square kilometres of the globe, and kilometres of a degree. */
const globe = { area: 510_065_622, degree: 111.2 }

/** By the share of the globe that the box around it has, and by the cells that its edges cross. */
function estimateH3(polygon: Polygon, resolution: number): number {
  const [west, south, east, north] = boxOf([polygon])
  const heights = Math.sin(north * radians) - Math.sin(south * radians)
  const cells = 122 * 7 ** resolution
  const across = Math.sqrt(globe.area / cells) / globe.degree
  const crossed = lengthOf(polygon, ([x, y]) => [x, y]) / across
  return ((east - west) / 360) * (heights / 2) * cells + 2 * crossed
}

/** The length of all edges, of which even a polygon without any area has some. */
function lengthOf(polygon: Polygon, project: (position: Position) => Position): number {
  return polygon.reduce((total, ring) => {
    const positions = ring.map(project)
    return positions.slice(1).reduce((sum, [x, y], index) => {
      const [fromX, fromY] = positions[index] ?? [x, y]
      return sum + Math.abs(x - fromX) + Math.abs(y - fromY)
    }, total)
  }, 0)
}

/** Web Mercator is a square up to here. */
const maxTiledLatitude = 85.05

function mercatorShare(latitude: number): number {
  const sine = Math.sin(Math.max(-maxTiledLatitude, Math.min(maxTiledLatitude, latitude)) * radians)
  return 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)
}

function estimateQuadbin(polygon: Polygon, resolution: number): number {
  const [west, south, east, north] = boxOf([polygon])
  const side = 2 ** resolution
  const area = ((east - west) / 360) * side * (mercatorShare(south) - mercatorShare(north)) * side
  return area + side * lengthOf(polygon, ([x, y]) => [x / 360, mercatorShare(y)])
}

const h3Flags = {
  center: h3.POLYGON_TO_CELLS_FLAGS.containmentCenter,
  contains: h3.POLYGON_TO_CELLS_FLAGS.containmentFull,
  intersects: h3.POLYGON_TO_CELLS_FLAGS.containmentOverlapping,
}

function coverWithH3(polygon: Polygon, resolution: number, mode: CoverMode): bigint[] {
  const rings = polygon.map((ring) => ring.map((position) => [...position]))
  return h3
    .polygonToCellsExperimental(rings, resolution, h3Flags[mode], true)
    .map((cell) => BigInt(`0x${cell}`))
}

function coverWithQuadbin(polygon: Polygon, resolution: number, mode: CoverMode): bigint[] {
  const level = BigInt(resolution)
  const cells = quadbin.geometryToCells({ type: 'Polygon', coordinates: polygon }, level)
  if (mode === 'intersects') return cells
  const edges = new Set(
    quadbin.geometryToCells({ type: 'MultiLineString', coordinates: polygon }, level),
  )
  if (mode === 'contains') return cells.filter((cell) => !edges.has(cell))
  return cells.filter((cell) => !edges.has(cell) || isInPolygon(centreOf(cell), polygon))
}

function centreOf(cell: bigint): Position {
  const { x, y, z } = quadbin.cellToTile(cell)
  const side = 2 ** z
  const north = Math.PI * (1 - (2 * (y + 0.5)) / side)
  return [((x + 0.5) / side) * 360 - 180, Math.atan(Math.sinh(north)) / radians]
}

/** By how many edges a ray to the east crosses. */
function isInPolygon([x, y]: Position, polygon: Polygon): boolean {
  let isInside = false
  for (const ring of polygon) {
    ring.slice(1).forEach(([toX, toY], index) => {
      const [fromX, fromY] = ring[index] ?? [0, 0]
      if (fromY > y === toY > y) return
      if (x < fromX + ((y - fromY) / (toY - fromY)) * (toX - fromX)) isInside = !isInside
    })
  }
  return isInside
}
