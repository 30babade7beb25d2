import { parameterText } from '../policy/parameter-text.ts'
import { columnSql } from '../sources/comparable-column.ts'
import type { Condition } from '../sources/compile-filters.ts'
import { featureIdSql } from '../sources/feature-id.ts'
import { invalidParameter } from '../sources/invalid-parameter.ts'
import { createSqlParameters } from '../sources/sql-parameters.ts'
import type { ModelRequest } from './model.ts'
import { isGiven, readTexts, readWord } from './read-params.ts'

export const maxFeatureIds = 1_000

/** What features are, as clients call it. An id says it already: they only have to be sent. */
export const geometryTypes = new Map(['points', 'lines', 'polygons'].map((name) => [name, name]))

/** Leaves the rows of selected features: `featureIds` of a model's params, with a `geometryType`. */
export function compileFeatureIds(
  { params, geometry, postgisSchema }: Pick<ModelRequest, 'params' | 'geometry' | 'postgisSchema'>,
  firstParameter: number,
): Condition {
  if (!isGiven(params.featureIds)) return { sql: 'true', values: [] }
  const ids = readTexts(params, 'featureIds', maxFeatureIds)
  readWord(params, 'geometryType', geometryTypes)
  if (geometry === undefined) {
    throw invalidParameter('spatialDataColumn', 'features are selected by a column of geometries')
  }
  const parameters = createSqlParameters(firstParameter)
  const list = parameters.add(parameterText(ids, 'params.featureIds'), 'text[]')
  const id = featureIdSql(columnSql(geometry), postgisSchema)
  return { sql: `${id} OPERATOR(pg_catalog.=) ANY (${list})`, values: parameters.values }
}
