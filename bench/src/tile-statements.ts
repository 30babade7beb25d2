import { settings } from '@postern/server/config.js'
import { createEstimates } from '@postern/server/tiles/make-tile.js'
import { tileStatement } from '@postern/server/tiles/tile-sql.js'
import { tables } from './create-tables.ts'

/** The prepared statement that makes the tiles of a table; $1 to $3 are z, x, y, $4 a row limit. */
export type TileStatement = { readonly name: string; readonly text: string }

export const maxFeatures = Number(settings.POSTERN_MAX_TILE_FEATURES.default)

/** Postern's own SQL, so that what is compared is the way to it and not the SQL. */
export function tileStatementOf(table: string): TileStatement {
  const columns = ['cartodb_id', 'name', 'kind']
  const { name = '', text } = tileStatement(
    {
      from: `"public"."${table}"`,
      values: [],
      filter: undefined,
      isOurs: true,
      postgisSchema: 'postgis',
      geometry: { name: 'geom', srid: 3857 },
      properties: columns.map((column) => ({ name: column, sql: `source."${column}"` })),
      gridCells: undefined,
      hasBoxes: false,
      sampling: 'table',
      estimatedRows: 0,
      bytes: 0,
      estimates: createEstimates(),
    },
    { z: 0, x: 0, y: 0 },
    { maxFeatures },
  )
  return { name, text }
}

/** The statements of the tables that tiles are made of, by table. */
export const tileStatements: Readonly<Record<string, TileStatement>> = Object.fromEntries(
  [tables.points, tables.polygons].map((table) => [table, tileStatementOf(table)]),
)
