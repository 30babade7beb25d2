import { expect, test } from 'vitest'
import type { RelationRef } from './survey-statement.ts'
import { isSystemRelation } from './system-relations.ts'

test.each<[relation: RelationRef, isSystem: boolean]>([
  [{ name: 'pg_class' }, true],
  [{ schema: 'pg_catalog', name: 'pg_attribute' }, true],
  [{ schema: 'pg_catalog', name: 'anything' }, true],
  [{ schema: 'pg_toast', name: 'x' }, true],
  [{ schema: 'pg_temp_3', name: 'x' }, true],
  [{ schema: 'information_schema', name: 'tables' }, true],
  [{ schema: 'public', name: 'pg_stat_statements' }, true],
  [{ name: 'my pg_class' }, true],
  [{ name: 'geometry_columns' }, true],
  [{ schema: 'postgis', name: 'geometry_columns' }, true],
  [{ name: 'geography_columns' }, true],
  [{ schema: 'postgis', name: 'raster_columns' }, true],
  [{ schema: 'postgis', name: 'raster_overviews' }, true],
  [{ name: 'spatial_ref_sys' }, false],
  [{ schema: 'postgis', name: 'spatial_ref_sys' }, false],
  [{ name: 'cpg_test' }, false],
  [{ name: 'my_pg_class' }, false],
  [{ name: 'pgclass' }, false],
  [{ name: 'PG_CLASS' }, false],
  [{ name: 'information_schema' }, false],
  [{ schema: 'public', name: 'tables' }, false],
  [{ schema: 'my_information_schema', name: 'tables' }, false],
  [{ name: 'my_geometry_columns' }, false],
])('%j: %s', (relation, isSystem) => {
  expect(isSystemRelation(relation)).toBe(isSystem)
})
