import { hash } from 'node:crypto'
import { type GeometryColumn, quote, type Relation } from './describe-relation.ts'
import type { Statement } from './session.ts'
import { type Box, tileMargin } from './tile-ground.ts'

/** One tile of the XYZ scheme. */
export type TileAddress = { readonly z: number; readonly x: number; readonly y: number }

const webMercator = 3857
const extent = 4096
/** From this zoom on a tile is small enough ground that a plain limit is fair. */
export const sampledBelowZoom = 12
/** Tables larger than this are sampled by page: reading every page of them would take too long. */
const samplePagesAboveBytes = 1024 * 1024 * 1024

/**
 * The statement that makes one tile. Everything is schema-qualified, so that nothing a caller has
 * created can stand in its place. ST_AsMVTGeom must appear once and without a filter around it:
 * with `where geom is not null` PostgreSQL evaluates it twice, and ST_AsMVT skips nulls anyway.
 * `ground` is what `findGround` says; Web Mercator needs none. `samplePercent` is the share of
 * the table to draw, where a tile would hold too much.
 */
export function tileStatement(
  relation: Relation,
  geometry: GeometryColumn,
  properties: readonly string[],
  tile: TileAddress,
  options: {
    readonly ground?: Box | undefined
    readonly maxFeatures: number
    readonly samplePercent?: number | undefined
  },
): Statement {
  const { ground, maxFeatures, samplePercent } = options
  const { values, parameter } = createParameters()
  const address = addressOf(tile, parameter)
  const limit = parameter(maxFeatures, 'int8')
  const sampled =
    samplePercent === undefined
      ? ''
      : ` tablesample pg_catalog.${relation.bytes > samplePagesAboveBytes ? 'system' : 'bernoulli'} (${parameter(samplePercent, 'float4')}) repeatable (0)`
  const text = `select postgis.st_asmvt(tile, 'default', ${extent}, 'geom')
from (
  select postgis.st_asmvtgeom(
      ${inMercator(geometry)},
      postgis.st_tileenvelope(${address}), ${extent}, ${extent * tileMargin}, true) as geom${properties
        .map((property) => `, t.${quote(property)}`)
        .join('')}
  from ${quote(relation.schema)}.${quote(relation.name)} as t${sampled}
  where ${ground === undefined ? liesInTile(geometry, address) : liesInBox(geometry, ground, parameter)}
  limit ${limit}
) as tile`
  return {
    name: `tile-${hash('sha1', text, 'base64url')}`,
    text,
    values,
    binary: true,
  }
}

/**
 * How many features the planner expects in one tile; where the ground is not known, how many rows
 * there are. Planned as the asking role, never run.
 */
export function tileEstimateStatement(
  relation: Relation,
  geometry: GeometryColumn,
  tile: TileAddress,
  ground: Box | undefined,
): Statement {
  const { values, parameter } = createParameters()
  const where =
    ground !== undefined
      ? liesInBox(geometry, ground, parameter)
      : geometry.srid === webMercator
        ? liesInTile(geometry, addressOf(tile, parameter))
        : 'true'
  return {
    text: `explain (format json)
select from ${quote(relation.schema)}.${quote(relation.name)} as t
where ${where}`,
    values,
  }
}

/** Adds a value and returns the placeholder that stands for it. */
type AddParameter = (value: number, type: 'int4' | 'int8' | 'float4' | 'float8') => string

function createParameters(): { values: number[]; parameter: AddParameter } {
  const values: number[] = []
  return { values, parameter: (value, type) => `$${values.push(value)}::${type}` }
}

function addressOf({ z, x, y }: TileAddress, parameter: AddParameter): string {
  return [z, x, y].map((value) => parameter(value, 'int4')).join(', ')
}

function inMercator({ name, srid, isUnmarked = false }: GeometryColumn): string {
  const column = `t.${quote(name)}`
  if (srid === webMercator) return column
  return `postgis.st_transform(${isUnmarked ? `postgis.st_setsrid(${column}, ${srid})` : column}, ${webMercator})`
}

function liesInTile(geometry: GeometryColumn, address: string): string {
  return `${inMercator(geometry)} operator(postgis.&&)
    postgis.st_tileenvelope(${address}, margin => ${tileMargin})`
}

/** The same for a box in the column's own spatial reference: this one the index can answer. */
function liesInBox({ name, srid }: GeometryColumn, box: Box, parameter: AddParameter): string {
  const corners = box.map((coordinate) => parameter(coordinate, 'float8')).join(', ')
  return `t.${quote(name)} operator(postgis.&&) postgis.st_makeenvelope(${corners}, ${srid})`
}

/**
 * The share of the table to draw, in percent, so that a tile stays within `maxFeatures`; undefined
 * when all of it fits. Rounded down to halves of powers of two, so that the neighbours of a tile,
 * whose estimates differ a little, draw the same rows.
 */
export function samplePercent(estimatedFeatures: number, maxFeatures: number): number | undefined {
  if (!(estimatedFeatures > maxFeatures)) return undefined
  const exact = (100 * maxFeatures) / estimatedFeatures
  return 2 ** (Math.floor(Math.log2(exact) * 2) / 2)
}
