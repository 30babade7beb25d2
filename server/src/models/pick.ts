import { parameterText } from '../policy/parameter-text.ts'
import { columnSql } from '../sources/comparable-column.ts'
import { featureIdColumn, featureIdSql } from '../sources/feature-id.ts'
import { invalidParameter } from '../sources/invalid-parameter.ts'
import { quoteIdentifier } from '../store/quote-identifier.ts'
import { geometryTypes, maxFeatureIds } from './feature-filter.ts'
import { type Model, type ModelRequest, maxModelRows } from './model.ts'
import { getColumns, isGiven, readCount, readTexts, readWord } from './read-params.ts'

/**
 * The rows of features that were picked in tiles, in the order of their ids: `{rows: [...],
 * metadata: {total}}`. Ids depend on nothing but the geometry, so `z` and `tileResolution`, which
 * clients send along, change nothing.
 */
export const pick: Model = (request) => {
  const { params, postgisSchema, geometry } = request
  if (geometry === undefined) {
    throw invalidParameter('spatialDataColumn', 'features are picked by a column of geometries')
  }
  readWord(params, 'dataType', geometryTypes)
  const ids = readTexts(params, 'featureIds', maxFeatureIds)
  const list = readPickedColumns(request, 'picked.id')
  const limit = readCount(params, 'limit', { otherwise: 1_000, min: 0, max: maxModelRows })
  const offset = readCount(params, 'offset', {
    otherwise: 0,
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
  })
  const id = featureIdSql(columnSql(geometry), postgisSchema)
  return {
    rows: ({ from, where, parameters }) => {
      const wanted = parameters.add(parameterText(ids, 'params.featureIds'), 'text[]')
      return `SELECT ${list} FROM ${from}
JOIN pg_catalog.unnest(${wanted}) WITH ORDINALITY AS picked (id, place) ON picked.id OPERATOR(pg_catalog.=) ${id}
WHERE ${where} ORDER BY picked.place LIMIT ${limit} OFFSET ${offset}`
    },
    metadata: ({ from, where, parameters }) => {
      const wanted = parameters.add(parameterText(ids, 'params.featureIds'), 'text[]')
      return `SELECT pg_catalog.count(*) AS total FROM ${from}
WHERE ${where} AND ${id} OPERATOR(pg_catalog.=) ANY (${wanted})`
    },
  }
}

/** The columns that are asked for, the feature's id among them; without any, all of the source. */
function readPickedColumns(request: ModelRequest, id: string): string {
  const { params, columns } = request
  const names = isGiven(params.columns) ? [params.columns].flat() : []
  const stored = names.filter((name) => name !== featureIdColumn)
  const shown =
    names.length === 0
      ? columns
      : stored.length === 0
        ? []
        : getColumns({ ...request, params: { columns: stored } }, 'columns')
  const list = shown.map((column) => `${columnSql(column)} AS ${quoteIdentifier(column.name)}`)
  return (
    stored.length < names.length ? [`${id} AS ${quoteIdentifier(featureIdColumn)}`, ...list] : list
  ).join(', ')
}
