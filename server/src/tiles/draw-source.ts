import { AccessError } from '../errors.ts'
import type { Column } from '../sources/column.ts'
import { compileFilters } from '../sources/compile-filters.ts'
import { featureIdColumn, featureIdSql } from '../sources/feature-id.ts'
import { columnNotFound, invalidParameter } from '../sources/invalid-parameter.ts'
import type { Source } from '../sources/open-source.ts'
import { parseFragment } from '../sources/parse-fragment.ts'
import { sourceAlias } from '../sources/print-expression.ts'
import { quote, type Relation } from '../warehouse/describe-relation.ts'
import type { Session } from '../warehouse/session.ts'
import type { CellSource } from './cell-tile-sql.ts'
import { findGeometryColumnName, getGeometryColumn } from './geometry-column.ts'
import { createEstimates } from './make-tile.ts'
import type { IndexScheme } from './spatial-index.ts'
import type { Property, TileRows, TileSource } from './tile-source.ts'

/** How the rows of a source say where they are. */
export type SpatialDataType = 'geo' | 'h3' | 'h3int' | 'quadbin'

/** What of a source is to be drawn, and how. */
export type Drawing = {
  readonly spatialDataType: SpatialDataType
  /** Undefined: the usual one. */
  readonly spatialDataColumn: string | undefined
  /** Undefined: every column. */
  readonly columns: readonly string[] | undefined
  /** The object; `{}` for none. */
  readonly filters: unknown
  readonly filtersLogicalOperator: string | undefined
  readonly aggregationExp: string | undefined
  readonly aggregationResLevel: number | undefined
  readonly tileResolution: number
  readonly featureBbox: boolean
  /** Whose sessions must be reset behind each statement: a caller's SQL is a part of it. */
  readonly hasCallersSql: boolean
}

/** Where nobody says it. */
export const defaultTileResolution = 0.5

/** At a tile resolution of 1 a tile has so many cells side by side. */
const cellsAtResolution1 = 1024
/** How much finer than a tile its cells are, where nobody says it. */
const usualLevels: Readonly<Record<IndexScheme, number>> = { h3: 4, quadbin: 6 }
const geometryTypes: readonly string[] = ['geometry', 'geography', 'raster']

/**
 * What vector tiles of a source are drawn from. Throws invalid_parameter and column_not_found for
 * what the source does not have.
 */
export async function drawFeatures(
  session: Session,
  source: Source,
  relation: Relation | undefined,
  drawing: Drawing,
): Promise<TileSource> {
  const rows = rowsOf(source, drawing)
  const name = geometryNameOf(source.columns, drawing.spatialDataColumn)
  const canSample = relation?.kind === 'r' || relation?.kind === 'm'
  const isGathered = drawing.aggregationExp !== undefined
  return {
    ...rows,
    geometry: await getGeometryColumn(session, { ...rows, columns: source.columns }, name),
    properties: isGathered
      ? await asNumbers(session, rows, aggregatesOf(source, drawing))
      : columnsOf(source, drawing, name),
    gridCells: isGathered ? cellsAtResolution1 * drawing.tileResolution : undefined,
    hasBoxes: drawing.featureBbox,
    sampling: canSample ? 'table' : 'hash',
    estimatedRows: relation?.estimatedRows ?? -1,
    bytes: relation?.bytes ?? 0,
    estimates: createEstimates(),
  }
}

/** What tiles of cells are made of. Throws as drawFeatures does. */
export function drawCells(source: Source, drawing: Drawing): CellSource {
  const scheme: IndexScheme = drawing.spatialDataType === 'quadbin' ? 'quadbin' : 'h3'
  const name = drawing.spatialDataColumn ?? scheme
  const column = source.columns.find((candidate) => candidate.name === name)
  if (column === undefined) throw columnNotFound(name)
  if (!['number', 'bigint', 'string'].includes(column.type)) {
    throw invalidParameter('spatialDataColumn', `"${name}" is no column of ${scheme} cells`)
  }
  if (drawing.aggregationExp === undefined) {
    throw invalidParameter('aggregationExp', `tiles of ${scheme} cells need it`)
  }
  return {
    ...rowsOf(source, drawing),
    column: { name, scheme, encoding: column.type === 'string' ? 'text' : 'number' },
    properties: aggregatesOf(source, drawing),
    levels: drawing.aggregationResLevel ?? usualLevels[scheme],
  }
}

function rowsOf(source: Source, drawing: Drawing): TileRows {
  const { from, values, columns, postgisSchema } = source
  const { sql, values: more } = compileFilters(drawing.filters, {
    logicalOperator: drawing.filtersLogicalOperator,
    columns,
    firstParameter: values.length + 1,
  })
  return {
    from,
    values: [...values, ...more],
    filter: sql === 'true' ? undefined : sql,
    isOurs: !drawing.hasCallersSql,
    postgisSchema,
  }
}

function aggregatesOf({ columns, postgisSchema }: Source, { aggregationExp }: Drawing): Property[] {
  const fragments = parseFragment(aggregationExp ?? '', {
    kind: 'aggregations',
    parameter: 'aggregationExp',
    columns,
    postgisSchema,
  })
  return fragments.map(({ sql, alias = '' }) => ({ name: alias, sql }))
}

function columnsOf(source: Source, { columns: wanted }: Drawing, geometry: string): Property[] {
  const { columns, postgisSchema } = source
  const unknown = wanted?.find(
    (name) => name !== featureIdColumn && !columns.some((column) => column.name === name),
  )
  if (unknown !== undefined) throw columnNotFound(unknown)
  const properties = columns
    .filter(({ typeName }) => !geometryTypes.includes(typeName))
    .filter(({ name }) => wanted?.includes(name) ?? true)
    .map(({ name, typeOid }) => ({ name, sql: asNumber(`${sourceAlias}.${quote(name)}`, typeOid) }))
  // Models find the rows of a feature by it. It is as long as a small feature, so it is asked for.
  return wanted?.includes(featureIdColumn) === true
    ? [
        ...properties,
        {
          name: featureIdColumn,
          sql: featureIdSql(`${sourceAlias}.${quote(geometry)}`, postgisSchema),
        },
      ]
    : properties
}

const numericOid = 1700

/** A vector tile has no numbers of any size: ST_AsMVT would make texts of them. */
function asNumber(sql: string, typeOid: number): string {
  return typeOid === numericOid ? `(${sql})::pg_catalog.float8` : sql
}

/** The same of aggregates, whose types only PostgreSQL knows. Nothing is read. */
async function asNumbers(
  session: Session,
  { from, values, filter }: TileRows,
  aggregates: readonly Property[],
): Promise<Property[]> {
  const types: number[] = []
  const where = filter === undefined ? '' : ` where ${filter}`
  await session.run(
    {
      text: `select ${aggregates.map(({ sql }) => sql).join(', ')} from ${from} as ${sourceAlias}${where} limit 0`,
      values,
    },
    {
      columns(columns) {
        types.push(...columns.map(({ typeOid }) => typeOid))
      },
    },
  )
  await session.settled()
  return aggregates.map(({ name, sql }, index) => ({ name, sql: asNumber(sql, types[index] ?? 0) }))
}

function geometryNameOf(columns: readonly Column[], wanted: string | undefined): string {
  const name = findGeometryColumnName(columns, wanted)
  if (name !== undefined) return name
  const hasAny = findGeometryColumnName(columns, undefined) !== undefined
  throw new AccessError('invalid_parameter', {
    message: hasAny
      ? 'Column not found: spatialDataColumn is not a geometry column of the source'
      : 'The source has no geometry column',
  })
}
