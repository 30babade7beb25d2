import { createHash } from 'node:crypto'
import { type GeometryColumn, quote, type Relation } from './describe-relation.ts'
import type { Statement } from './session.ts'

/** One tile of the XYZ scheme. */
export type TileAddress = { readonly z: number; readonly x: number; readonly y: number }

const extent = 4096
const buffer = 64
/** From this zoom on a tile is small enough ground that a plain limit is fair. */
export const sampledBelowZoom = 12
/** Tables larger than this are sampled by page: reading every page of them would take too long. */
const samplePagesAboveBytes = 1024 * 1024 * 1024

/**
 * The statement that makes one tile. Everything is schema-qualified, so that nothing a caller has
 * created can stand in its place. ST_AsMVTGeom must appear once and without a filter around it:
 * with `where geom is not null` PostgreSQL evaluates it twice, and ST_AsMVT skips nulls anyway.
 * `samplePercent` is the share of the table to draw, where a tile would hold too much.
 */
export function tileStatement(
  relation: Relation,
  geometry: GeometryColumn,
  properties: readonly string[],
  tile: TileAddress,
  options: { readonly maxFeatures: number; readonly samplePercent?: number | undefined },
): Statement {
  const { samplePercent } = options
  const isMercator = geometry.srid === 3857
  const column = `t.${quote(geometry.name)}`
  const ground = `postgis.st_tileenvelope($1::int4, $2::int4, $3::int4, margin => ${buffer / extent})`
  const sample =
    samplePercent === undefined
      ? ''
      : ` tablesample pg_catalog.${relation.bytes > samplePagesAboveBytes ? 'system' : 'bernoulli'} ($5::float4) repeatable (0)`
  const text = `select postgis.st_asmvt(tile, 'default', ${extent}, 'geom')
from (
  select postgis.st_asmvtgeom(
      ${isMercator ? column : `postgis.st_transform(${column}, 3857)`},
      postgis.st_tileenvelope($1::int4, $2::int4, $3::int4), ${extent}, ${buffer}, true) as geom${properties
        .map((property) => `, t.${quote(property)}`)
        .join('')}
  from ${quote(relation.schema)}.${quote(relation.name)} as t${sample}
  where ${column} operator(postgis.&&) ${isMercator ? ground : `postgis.st_transform(${ground}, ${geometry.srid})`}
  limit $4::int8
) as tile`
  return {
    name: `tile-${createHash('sha1').update(text).digest('base64url')}`,
    text,
    values: [
      tile.z,
      tile.x,
      tile.y,
      options.maxFeatures,
      ...(samplePercent === undefined ? [] : [samplePercent]),
    ],
    binary: true,
  }
}

/** How many features the planner expects in one tile. Planned as the asking role, never run. */
export function tileEstimateStatement(
  relation: Relation,
  geometry: GeometryColumn,
  tile: TileAddress,
): Statement {
  return {
    text: `explain (format json)
select from ${quote(relation.schema)}.${quote(relation.name)} as t
where t.${quote(geometry.name)} operator(postgis.&&)
  postgis.st_transform(postgis.st_tileenvelope($1::int4, $2::int4, $3::int4), $4::int4)`,
    values: [tile.z, tile.x, tile.y, geometry.srid],
  }
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
