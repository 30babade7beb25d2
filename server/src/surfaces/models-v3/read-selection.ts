import type { Selection } from '../../models/answer-model.ts'
import type { CoverMode } from '../../models/cover-polygons.ts'
import { invalidParameter } from '../../sources/invalid-parameter.ts'
import type { IndexScheme } from '../../tiles/spatial-index.ts'
import { findJson, findText, type Parameters } from '../v3/read-parameters.ts'

/** The parameters that say which rows are asked about. */
export const selectionParameters = [
  'filters',
  'filtersLogicalOperator',
  'spatialFilters',
  'spatialFiltersMode',
  'spatialDataColumn',
  'spatialDataType',
] as const

const schemes = new Map<string, IndexScheme | undefined>([
  ['geo', undefined],
  ['h3', 'h3'],
  ['h3int', 'h3'],
  ['quadbin', 'quadbin'],
])

const coverModes = new Map<string, CoverMode>([
  ['intersects', 'intersects'],
  ['center', 'center'],
  ['contains', 'contains'],
])

/** Reads which rows of a source are asked about. Throws invalid_parameter. */
export function readSelection(parameters: Parameters): Selection {
  const type = findText(parameters, 'spatialDataType') ?? 'geo'
  if (!schemes.has(type)) {
    throw invalidParameter('spatialDataType', `it must be one of ${[...schemes.keys()].join(', ')}`)
  }
  const coverMode = coverModes.get(findText(parameters, 'spatialFiltersMode') ?? 'intersects')
  if (coverMode === undefined) {
    throw invalidParameter(
      'spatialFiltersMode',
      `it must be one of ${[...coverModes.keys()].join(', ')}`,
    )
  }
  return {
    filters: findJson(parameters, 'filters') ?? {},
    filtersLogicalOperator: findText(parameters, 'filtersLogicalOperator'),
    spatialFilters: findJson(parameters, 'spatialFilters') ?? {},
    spatialDataColumn: findText(parameters, 'spatialDataColumn'),
    scheme: schemes.get(type),
    coverMode,
  }
}
