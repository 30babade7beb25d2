import type { Column } from '../sources/column.ts'
import { findGeometryColumnName } from '../tiles/geometry-column.ts'

/**
 * The column of geometries or geographies that a name means: the one that tiles are drawn from, because
 * the ids of features are made of it.
 */
export function findGeometryColumn(
  columns: readonly Column[],
  wanted: string | undefined,
): Column | undefined {
  const drawn = findGeometryColumnName(columns, wanted)
  if (drawn !== undefined) return columns.find(({ name }) => name === drawn)
  const geographies = columns.filter(({ typeName }) => typeName === 'geography')
  const isUsual = wanted === undefined || wanted === 'geom'
  return geographies.find(({ name }) => name === wanted) ?? (isUsual ? geographies[0] : undefined)
}
