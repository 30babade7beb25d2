import type { Column } from '../sources/column.ts'
import { columnSql } from '../sources/comparable-column.ts'
import { quoteIdentifier } from '../store/quote-identifier.ts'

/** Longitude and latitude on WGS 84. */
export const degreesSrid = 4326

/**
 * SQL for a geometry or geography column in longitude and latitude. What says nothing of its
 * reference system is taken to be in it.
 */
export function inDegrees(column: Column, postgisSchema: string): string {
  const postgis = quoteIdentifier(postgisSchema)
  const sql = columnSql(column)
  if (column.typeName === 'geography') return `${sql}::${postgis}.geometry`
  if (column.srid === degreesSrid) return sql
  const transformed = `${postgis}.st_transform(${sql}, ${degreesSrid})`
  if (column.srid !== undefined) return transformed
  return `CASE ${postgis}.st_srid(${sql}) WHEN ${degreesSrid} THEN ${sql} WHEN 0 THEN ${postgis}.st_setsrid(${sql}, ${degreesSrid}) ELSE ${transformed} END`
}
