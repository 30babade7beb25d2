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

/**
 * The column to look for places in: of the two that tables of the classic platform have, which say the
 * same, the one in longitude and latitude.
 */
export function findPlaceColumn(columns: readonly Column[], wanted: string): Column | undefined {
  const drawn = findGeometryColumn(columns, wanted)
  if (drawn?.name !== 'the_geom_webmercator' || wanted === drawn.name) return drawn
  return (
    findGeometryColumn(
      columns.filter((column) => column !== drawn),
      'the_geom',
    ) ?? drawn
  )
}
