import { parameterText } from '../policy/parameter-text.ts'
import type { Column } from '../sources/column.ts'
import { columnSql } from '../sources/comparable-column.ts'
import type { Condition } from '../sources/compile-filters.ts'
import { columnNotFound, invalidParameter } from '../sources/invalid-parameter.ts'
import { isObject } from '../sources/is-object.ts'
import { createSqlParameters, type SqlParameters } from '../sources/sql-parameters.ts'
import { quoteIdentifier } from '../store/quote-identifier.ts'
import {
  type Cell,
  type CellEncoding,
  cellSql,
  type IndexScheme,
  parentSql,
  parseCell,
} from '../tiles/spatial-index.ts'
import { type CoverMode, coverPolygons } from './cover-polygons.ts'
import { degreesSrid, inDegrees } from './in-degrees.ts'
import { boxOf, type Polygon, readPolygons } from './polygon.ts'

const maxCells = 100_000
const webMercatorSrid = 3857
const maxMercatorLatitude = 89.9

export type SpatialQuestion = {
  /** The request's `spatialFilters`: by column a polygon or a list of cells. */
  readonly filters: unknown
  /** What a column without geometries holds. */
  readonly scheme: IndexScheme | undefined
  readonly mode: CoverMode
  readonly columns: readonly Column[]
  readonly postgisSchema: string
  /** The geometry column that a name means; clients send `geom` where nobody chose one. */
  readonly geometryNamed: (name: string) => Column | undefined
  /** The resolution that the cells of a column have; undefined where it has none. */
  readonly resolutionOf: (scheme: IndexScheme, cell: string) => Promise<number | undefined>
}

/**
 * Compiles spatial filters to SQL over the source: geometries that meet a polygon in longitude and
 * latitude, cells that lie in a list of cells, cells that cover a polygon by a mode. Throws
 * invalid_parameter and column_not_found.
 */
export async function compileSpatialFilters(
  question: SpatialQuestion,
  firstParameter: number,
): Promise<Condition> {
  const parameters = createSqlParameters(firstParameter)
  const { filters } = question
  if (!isObject(filters)) throw invalidParameter('spatialFilters', 'it must be an object')
  const conditions: string[] = []
  for (const [name, filter] of Object.entries(filters)) {
    conditions.push(await compileOne(question, name, filter, parameters))
  }
  return {
    sql: conditions.length === 0 ? 'true' : `(${conditions.join(' AND ')})`,
    values: parameters.values,
  }
}

async function compileOne(
  question: SpatialQuestion,
  name: string,
  filter: unknown,
  parameters: SqlParameters,
): Promise<string> {
  const isCells = isObject(filter) && 'indexes' in filter
  const geometry = isCells ? undefined : question.geometryNamed(name)
  if (geometry !== undefined) {
    const polygons = readPolygons(filter, 'spatialFilters')
    return meetsPolygons(geometry, polygons, question.postgisSchema, parameters)
  }
  const column = question.columns.find((candidate) => candidate.name === name)
  if (column === undefined) throw columnNotFound(name)
  const scheme = isCells ? readScheme(filter.type) : question.scheme
  if (scheme === undefined) {
    throw invalidParameter('spatialFilters', `"${name}" is no column of geometries`)
  }
  const cell = cellSql(columnSql(column), encodingOf(column))
  if (isCells) return liesInCells(scheme, cell, readCells(scheme, filter.indexes), parameters)
  const polygons = readPolygons(filter, 'spatialFilters')
  const resolution = await question.resolutionOf(scheme, cell)
  if (resolution === undefined) return 'false'
  return liesInCells(
    scheme,
    cell,
    coverPolygons(scheme, polygons, resolution, question.mode),
    parameters,
  )
}

function meetsPolygons(
  column: Column,
  polygons: readonly Polygon[],
  postgisSchema: string,
  parameters: SqlParameters,
): string {
  const postgis = quoteIdentifier(postgisSchema)
  const geojson = JSON.stringify({ type: 'MultiPolygon', coordinates: polygons })
  const area = `${postgis}.st_setsrid(${postgis}.st_geomfromgeojson(${parameters.add(geojson, 'text')}), ${degreesSrid})`
  // An edge is straight in longitude and latitude, so there it is that they have to meet.
  const meets = `${postgis}.st_intersects(${inDegrees(column, postgisSchema)}, ${area})`
  if (column.srid !== webMercatorSrid) return meets
  // For an index, which knows the column as it is. The poles are infinitely far.
  const corners = boxOf(polygons, maxMercatorLatitude).map((side) => parameters.add(side, 'float8'))
  const box = `${postgis}.st_transform(${postgis}.st_makeenvelope(${corners.join(', ')}, ${degreesSrid}), ${webMercatorSrid})`
  return `(${columnSql(column)} OPERATOR(${postgis}.&&) ${box} AND ${meets})`
}

function encodingOf(column: Column): CellEncoding {
  if (column.type === 'bigint' || column.typeName === 'numeric') return 'number'
  if (column.type === 'string') return 'text'
  throw invalidParameter('spatialFilters', `"${column.name}" holds no cells`)
}

function readScheme(type: unknown): IndexScheme {
  if (type === 'h3' || type === 'h3int') return 'h3'
  if (type === 'quadbin') return 'quadbin'
  throw invalidParameter('spatialFilters', 'the type of cells is h3, h3int or quadbin')
}

/** Reads cells in hexadecimal or, as long as they are then, in decimal. */
function readCells(scheme: IndexScheme, indexes: unknown): Pick<Cell, 'id' | 'resolution'>[] {
  if (!Array.isArray(indexes) || indexes.length > maxCells) {
    throw invalidParameter('spatialFilters', `indexes is a list of at most ${maxCells} cells`)
  }
  return indexes.map((index) => {
    const text = ['string', 'number'].includes(typeof index) ? String(index) : ''
    const hex = /^\d{17,19}$/.test(text) ? BigInt(text).toString(16) : text
    const cell = parseCell(scheme, hex)
    if (cell === undefined)
      throw invalidParameter('spatialFilters', `there is no ${scheme} cell "${text.slice(0, 40)}"`)
    return cell
  })
}

/** SQL that is true for cells that are one of these, or lie in one. */
function liesInCells(
  scheme: IndexScheme,
  cell: string,
  cells: readonly Pick<Cell, 'id' | 'resolution'>[],
  parameters: SqlParameters,
): string {
  const byResolution = new Map<number, string[]>()
  for (const { id, resolution } of cells) {
    const ids = byResolution.get(resolution) ?? []
    ids.push(String(id))
    byResolution.set(resolution, ids)
  }
  const conditions = [...byResolution].map(([resolution, ids]) => {
    const list = parameters.add(parameterText(ids, 'spatialFilters'), 'int8[]')
    return `${parentSql(scheme, cell, resolution)} OPERATOR(pg_catalog.=) ANY (${list})`
  })
  return conditions.length === 0 ? 'false' : `(${conditions.join(' OR ')})`
}
