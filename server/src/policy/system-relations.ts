import type { RelationRef } from './survey-statement.ts'

/** PostGIS's views over the catalogue: they tell what other tables exist. */
const catalogueViews = new Set([
  'geometry_columns',
  'geography_columns',
  'raster_columns',
  'raster_overviews',
])

const startsWordWithPg = /\bpg_/

/**
 * True for relations that describe the database instead of holding the account's data: the
 * catalogue, information_schema and PostGIS's views over it. `spatial_ref_sys` is not one: it is
 * the same public list of projections everywhere.
 */
export function isSystemRelation({ schema, name }: RelationRef): boolean {
  return (
    schema === 'information_schema' ||
    startsWordWithPg.test(schema ?? '') ||
    startsWordWithPg.test(name) ||
    catalogueViews.has(name)
  )
}
