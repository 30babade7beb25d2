import { hash } from 'node:crypto'
import { sourceAlias } from '../sources/print-expression.ts'
import { quote } from '../warehouse/describe-relation.ts'
import type { Statement } from '../warehouse/session.ts'
import { type Box, tileMargin } from './tile-ground.ts'
import type { TileRows, TileSource } from './tile-source.ts'

/** One tile of the XYZ scheme. */
export type TileAddress = { readonly z: number; readonly x: number; readonly y: number }

const webMercator = 3857
/** The width of the world in Web Mercator, in metres. */
const worldMetres = 40_075_016.685578488
const extent = 4096
/** From this zoom on a tile is small enough ground that a plain limit is fair. */
export const sampledBelowZoom = 12
/** Tables larger than this are sampled by page: reading every page of them would take too long. */
const samplePagesAboveBytes = 1024 * 1024 * 1024
/** The column that PostgreSQL is to take the geometry from; no property can have its name. */
const geometryName = '_postern_geometry'

/**
 * The statement that makes one tile. Everything of ours is schema-qualified, so that nothing a caller
 * has created can stand in its place. ST_AsMVTGeom must appear once and without a filter around it:
 * with `where geom is not null` PostgreSQL evaluates it twice, and ST_AsMVT skips nulls anyway.
 * `ground` is what `findGround` says; Web Mercator needs none. `samplePercent` is the share of
 * the rows to draw, where a tile would hold too much.
 */
export function tileStatement(
  source: TileSource,
  tile: TileAddress,
  options: {
    readonly ground?: Box | undefined
    readonly maxFeatures: number
    readonly samplePercent?: number | undefined
    /** Where not all fit, the largest are drawn, and not those that are found first. */
    readonly largestFirst?: boolean
  },
): Statement {
  const { ground, maxFeatures, samplePercent, largestFirst = false } = options
  const postgis = quote(source.postgisSchema)
  const { values, parameter } = createParameters(source)
  const address = addressOf(tile, parameter)
  const limit = parameter(maxFeatures, 'int8')
  const sample = sampleOf(source, samplePercent, parameter)
  const rows = {
    from: `${source.from} as ${sourceAlias}${sample.clause}`,
    where: [
      ground === undefined ? liesInTile(source, address) : liesInBox(source, ground, parameter),
      source.filter,
      sample.condition,
    ]
      .filter((condition) => condition !== undefined)
      .join('\n    and '),
    limit,
    order: largestFirst
      ? `
  order by ${postgis}.st_area(${columnOf(source)}) desc, ${postgis}.st_length(${columnOf(source)}) desc`
      : '',
  }
  const cut = (geometry: string) =>
    `${postgis}.st_asmvtgeom(
      ${geometry},
      ${postgis}.st_tileenvelope(${address}), ${extent}, ${extent * tileMargin}, true) as ${quote(geometryName)}`
  const drawn =
    source.gridCells === undefined
      ? drawRows(source, rows, cut)
      : drawCells(source, rows, cut, parameter(gridMetres(tile.z, source.gridCells), 'float8'))
  const text = `select ${postgis}.st_asmvt(tile.*, 'default', ${extent}, '${geometryName}')
from (
  ${drawn}
) as tile`
  return named(source, 'tile', { text, values, binary: true })
}

type Rows = {
  readonly from: string
  readonly where: string
  readonly order: string
  readonly limit: string
}

function drawRows(source: TileSource, rows: Rows, cut: (geometry: string) => string): string {
  const { properties, hasBoxes } = source
  const drawn = inMercator(source)
  return `select ${[
    cut(drawn),
    ...properties.map(({ name, sql }) => `${sql} as ${quote(name)}`),
    ...(hasBoxes ? [boxOf(source, drawn)] : []),
  ].join(', ')}
  from ${rows.from}
  where ${rows.where}${rows.order}
  limit ${rows.limit}`
}

/**
 * Points are gathered in the cells of a grid that all tiles of a zoom share; what is not a point is
 * gathered with what has the very same shape.
 */
function drawCells(
  source: TileSource,
  rows: Rows,
  cut: (geometry: string) => string,
  metres: string,
): string {
  const { properties } = source
  const postgis = quote(source.postgisSchema)
  const drawn = inMercator(source)
  const half = `${metres} operator(pg_catalog./) 2`
  const names = properties.map((_, index) => `p${index}`)
  return `select ${[
    cut('gathered.place'),
    ...properties.map(({ name }, index) => `gathered.p${index} as ${quote(name)}`),
  ].join(', ')}
  from (
    select case when ${postgis}.st_dimension(${drawn}) operator(pg_catalog.=) 0
        then ${postgis}.st_snaptogrid(${postgis}.st_centroid(${drawn}), ${half}, ${half}, ${metres}, ${metres})
        else ${drawn} end as place${properties
          .map(({ sql }, index) => `,\n      ${sql} as ${names[index]}`)
          .join('')}
    from ${rows.from}
    where ${rows.where}
    group by 1
    limit ${rows.limit}
  ) as gathered`
}

/** West, south, east and north of an area in degrees, as clients read it. */
function boxOf({ postgisSchema }: TileSource, geometry: string): string {
  const postgis = quote(postgisSchema)
  const corner = (name: string) =>
    `pg_catalog.round(${postgis}.st_${name}(${postgis}.st_transform(${postgis}.st_envelope(${geometry}), 4326))::pg_catalog.numeric, 6)`
  return `case when ${postgis}.st_dimension(${geometry}) operator(pg_catalog.=) 2 then pg_catalog.concat_ws(',',
      ${['xmin', 'ymin', 'xmax', 'ymax'].map(corner).join(', ')}) end as "_carto_bbox"`
}

function gridMetres(z: number, cells: number): number {
  return worldMetres / 2 ** z / cells
}

/**
 * How many features the planner expects in one tile; where the ground is not known, how many rows
 * there are. Planned as the asking role, never run.
 */
export function tileEstimateStatement(
  source: TileSource,
  tile: TileAddress,
  ground: Box | undefined,
): Statement {
  const { values, parameter } = createParameters(source)
  const { geometry, filter } = source
  const conditions = [
    ...(ground !== undefined
      ? [liesInBox(source, ground, parameter)]
      : geometry.srid === webMercator
        ? [liesInTile(source, addressOf(tile, parameter))]
        : []),
    ...(filter === undefined ? [] : [filter]),
  ]
  return {
    text: `explain (format json)
select from ${source.from} as ${sourceAlias}
where ${conditions.join(' and ') || 'true'}`,
    values,
  }
}

/** How many rows lie in a tile, as text, counted no further than `limit`. */
export function tileCountStatement(
  source: TileSource,
  tile: TileAddress,
  options: { readonly ground: Box | undefined; readonly limit: number },
): Statement {
  const { ground, limit } = options
  const { values, parameter } = createParameters(source)
  const place =
    ground === undefined
      ? liesInTile(source, addressOf(tile, parameter))
      : liesInBox(source, ground, parameter)
  const filter = source.filter === undefined ? '' : `\n    and ${source.filter}`
  const text = `select pg_catalog.count(*)::pg_catalog.text
from (
  select from ${source.from} as ${sourceAlias}
  where ${place}${filter}
  limit ${parameter(limit, 'int8')}
) as counted`
  return named(source, 'count', { text, values })
}

/** A backend keeps what it has planned, which takes some twenty times as much as the text. */
const maxNamedLength = 10_000

/** A statement with the name that it is prepared by, where it may be. */
export function named(
  { isOurs }: Pick<TileRows, 'isOurs'>,
  prefix: string,
  statement: Statement,
): Statement {
  return isOurs && statement.text.length <= maxNamedLength
    ? { ...statement, name: `${prefix}-${hash('sha1', statement.text, 'base64url')}` }
    : statement
}

/** Adds a value and returns the placeholder that stands for it. */
export type AddParameter = (
  value: number | string,
  type: 'int4' | 'int8' | 'float4' | 'float8' | 'text',
) => string

/** The values of the source, and more behind them. */
export function createParameters({ values: given }: Pick<TileRows, 'values'>): {
  values: (string | number | null)[]
  parameter: AddParameter
} {
  const values = [...given]
  return {
    values,
    parameter: (value, type) => `$${values.push(value)}::pg_catalog.${type}`,
  }
}

function addressOf({ z, x, y }: TileAddress, parameter: AddParameter): string {
  return [z, x, y].map((value) => parameter(value, 'int4')).join(', ')
}

function columnOf({ geometry }: TileSource): string {
  return `${sourceAlias}.${quote(geometry.name)}`
}

function inMercator(source: TileSource): string {
  const { srid, isUnmarked = false } = source.geometry
  const column = columnOf(source)
  if (srid === webMercator) return column
  const postgis = quote(source.postgisSchema)
  return `${postgis}.st_transform(${isUnmarked ? `${postgis}.st_setsrid(${column}, ${srid})` : column}, ${webMercator})`
}

function liesInTile(source: TileSource, address: string): string {
  const postgis = quote(source.postgisSchema)
  return `${inMercator(source)} operator(${postgis}.&&)
    ${postgis}.st_tileenvelope(${address}, margin => ${tileMargin})`
}

/** The same for a box in the column's own spatial reference: this one the index can answer. */
function liesInBox(source: TileSource, box: Box, parameter: AddParameter): string {
  const postgis = quote(source.postgisSchema)
  const corners = box.map((coordinate) => parameter(coordinate, 'float8')).join(', ')
  return `${columnOf(source)} operator(${postgis}.&&) ${postgis}.st_makeenvelope(${corners}, ${source.geometry.srid})`
}

/** A sample that is the same each time, and at a greater share holds what it held at a smaller one. */
function sampleOf(
  source: TileSource,
  percent: number | undefined,
  parameter: AddParameter,
): { clause: string; condition: string | undefined } {
  if (percent === undefined) return { clause: '', condition: undefined }
  const { sampling, bytes } = source
  if (sampling === 'table') {
    const method = bytes > samplePagesAboveBytes ? 'system' : 'bernoulli'
    return {
      clause: ` tablesample pg_catalog.${method} (${parameter(percent, 'float4')}) repeatable (0)`,
      condition: undefined,
    }
  }
  const threshold = parameter(Math.round((percent / 100) * 2 ** 31), 'int8')
  return {
    clause: '',
    condition: `(${quote(source.postgisSchema)}.geometry_hash(${columnOf(source)}) operator(pg_catalog.&) 2147483647) operator(pg_catalog.<) ${threshold}`,
  }
}

/**
 * The share of the rows to draw, in percent, so that a tile stays within `maxFeatures`; undefined
 * when all of it fits. Rounded down to halves of powers of two, so that the neighbours of a tile,
 * whose estimates differ a little, draw the same rows.
 */
export function samplePercent(estimatedFeatures: number, maxFeatures: number): number | undefined {
  if (!(estimatedFeatures > maxFeatures)) return undefined
  const exact = (100 * maxFeatures) / estimatedFeatures
  return 2 ** (Math.floor(Math.log2(exact) * 2) / 2)
}
