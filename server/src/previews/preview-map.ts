import { drawFeatures } from '../tiles/draw-source.ts'
import { makeTile } from '../tiles/make-tile.ts'
import { findBounds } from '../tiles/measure-source.ts'
import type { TileSource } from '../tiles/tile-source.ts'
import type { TileAddress } from '../tiles/tile-sql.ts'
import type { Session } from '../warehouse/session.ts'
import type { PreviewTable } from './open-preview-table.ts'

/** What is said of a feature that is pointed at. */
const maxProperties = 10
const plainTypes = ['number', 'bigint', 'string', 'boolean', 'timestamp']

/** One vector tile of a table; empty where nothing lies. Throws invalid_parameter, WarehouseError. */
export async function previewTile(
  session: Session,
  table: PreviewTable,
  tile: TileAddress,
  maxFeatures: number,
): Promise<Buffer> {
  return makeTile(session, await draw(session, table), tile, maxFeatures)
}

/**
 * Where the rows of a table lie: west, south, east, north in degrees; undefined when nowhere. Throws
 * invalid_parameter for a table without a geometry column, WarehouseError.
 */
export async function previewBounds(
  session: Session,
  table: PreviewTable,
): Promise<readonly [number, number, number, number] | undefined> {
  const tiles = await draw(session, table)
  return findBounds(session, tiles, tiles.geometry, table.relation)
}

function draw(session: Session, { source, relation }: PreviewTable): Promise<TileSource> {
  const columns = source.columns
    .filter(({ type }) => plainTypes.includes(type))
    .slice(0, maxProperties)
    .map(({ name }) => name)
  return drawFeatures(session, source, relation, {
    spatialDataType: 'geo',
    spatialDataColumn: undefined,
    columns,
    filters: {},
    filtersLogicalOperator: undefined,
    aggregationExp: undefined,
    aggregationResLevel: undefined,
    tileResolution: 1,
    featureBbox: false,
    hasCallersSql: false,
  })
}
