import { readBytes, readJson } from '../warehouse/read-value.ts'
import type { Session } from '../warehouse/session.ts'
import { type CellSource, cellResolutionsStatement, cellTileStatement } from './cell-tile-sql.ts'
import { type Cell, maxResolutionOf } from './spatial-index.ts'

/** Makes the tile of one cell on a session of the asking role: JSON, or an empty buffer. */
export async function makeCellTile(
  session: Session,
  source: CellSource,
  tile: Cell,
  maxCells: number,
): Promise<Buffer> {
  return (await readBytes(session, cellTileStatement(source, tile, maxCells))) ?? Buffer.alloc(0)
}

/** From which to which resolution tiles are of use: in finer ones the cells would not get finer. */
export async function findTileResolutions(
  session: Session,
  source: CellSource,
): Promise<{ readonly min: number; readonly max: number }> {
  const found = await readJson<[number, number] | [null, null]>(
    session,
    cellResolutionsStatement(source),
  )
  const finest = found?.[1] ?? maxResolutionOf(source.column.scheme)
  return { min: 0, max: Math.max(0, finest - source.levels) }
}
