import { AccessError } from '../../errors.ts'
import type { Column } from '../../sources/column.ts'
import { compileFilters } from '../../sources/compile-filters.ts'
import { featureIdColumn, featureIdSql } from '../../sources/feature-id.ts'
import { columnNotFound, invalidParameter } from '../../sources/invalid-parameter.ts'
import type { Source } from '../../sources/open-source.ts'
import { parseFragment } from '../../sources/parse-fragment.ts'
import { sourceAlias } from '../../sources/print-expression.ts'
import type { CellSource } from '../../tiles/cell-tile-sql.ts'
import { findGeometryColumnName, getGeometryColumn } from '../../tiles/geometry-column.ts'
import { createEstimates } from '../../tiles/make-tile.ts'
import type { IndexScheme } from '../../tiles/spatial-index.ts'
import type { Property, TileRows, TileSource } from '../../tiles/tile-source.ts'
import { quote, type Relation } from '../../warehouse/describe-relation.ts'
import type { Session } from '../../warehouse/session.ts'
import type { MapRequest } from './read-map-request.ts'

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
  request: MapRequest,
): Promise<TileSource> {
  const rows = rowsOf(source, request)
  const name = geometryNameOf(source.columns, request.spatialDataColumn)
  const canSample = relation?.kind === 'r' || relation?.kind === 'm'
  const isGathered = request.aggregationExp !== undefined
  return {
    ...rows,
    geometry: await getGeometryColumn(session, { ...rows, columns: source.columns }, name),
    properties: isGathered ? aggregatesOf(source, request) : columnsOf(source, request, name),
    gridCells: isGathered ? cellsAtResolution1 * request.tileResolution : undefined,
    hasBoxes: request.featureBbox,
    sampling: canSample ? 'table' : 'hash',
    estimatedRows: relation?.estimatedRows ?? -1,
    bytes: relation?.bytes ?? 0,
    estimates: createEstimates(),
  }
}

/** What tiles of cells are made of. Throws as drawFeatures does. */
export function drawCells(source: Source, request: MapRequest): CellSource {
  const scheme: IndexScheme = request.spatialDataType === 'quadbin' ? 'quadbin' : 'h3'
  const name = request.spatialDataColumn ?? scheme
  const column = source.columns.find((candidate) => candidate.name === name)
  if (column === undefined) throw columnNotFound(name)
  if (!['number', 'bigint', 'string'].includes(column.type)) {
    throw invalidParameter('spatialDataColumn', `"${name}" is no column of ${scheme} cells`)
  }
  if (request.aggregationExp === undefined) {
    throw invalidParameter('aggregationExp', `tiles of ${scheme} cells need it`)
  }
  return {
    ...rowsOf(source, request),
    column: { name, scheme, encoding: column.type === 'string' ? 'text' : 'number' },
    properties: aggregatesOf(source, request),
    levels: request.aggregationResLevel ?? usualLevels[scheme],
  }
}

function rowsOf(source: Source, request: MapRequest): TileRows {
  const { from, values, columns, postgisSchema } = source
  const { sql, values: more } = compileFilters(request.filters, {
    logicalOperator: request.filtersLogicalOperator,
    columns,
    firstParameter: values.length + 1,
  })
  return {
    from,
    values: [...values, ...more],
    filter: sql === 'true' ? undefined : sql,
    isOurs: request.source.kind !== 'query',
    postgisSchema,
  }
}

function aggregatesOf(
  { columns, postgisSchema }: Source,
  { aggregationExp }: MapRequest,
): Property[] {
  const fragments = parseFragment(aggregationExp ?? '', {
    kind: 'aggregations',
    parameter: 'aggregationExp',
    columns,
    postgisSchema,
  })
  return fragments.map(({ sql, alias = '' }) => ({ name: alias, sql }))
}

function columnsOf(source: Source, { columns: wanted }: MapRequest, geometry: string): Property[] {
  const { columns, postgisSchema } = source
  const unknown = wanted?.find(
    (name) => name !== featureIdColumn && !columns.some((column) => column.name === name),
  )
  if (unknown !== undefined) throw columnNotFound(unknown)
  const properties = columns
    .filter(({ typeName }) => !geometryTypes.includes(typeName))
    .filter(({ name }) => wanted?.includes(name) ?? true)
    .map(({ name }) => ({ name, sql: `${sourceAlias}.${quote(name)}` }))
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
