import { quoteIdentifier } from '../store/quote-identifier.ts'

/** What tiles, and the columns of a `pick`, call the id of a feature. */
export const featureIdColumn = '_carto_feature_id'

/**
 * SQL for the id of a feature: 64 bits of a hash of its geometry, in hexadecimal. Tiles carry it and
 * models find the rows of it, so it is computed here and nowhere else. It depends on the stored
 * geometry alone, not on the zoom or the resolution of a tile, which clients may send along. Rows with
 * the same geometry have the same id. `geometry` is SQL for a geometry or geography.
 */
export function featureIdSql(geometry: string, postgisSchema: string): string {
  const binary = `${quoteIdentifier(postgisSchema)}.st_asbinary(${geometry})`
  return `pg_catalog.left(pg_catalog.md5(${binary}), 16)`
}
