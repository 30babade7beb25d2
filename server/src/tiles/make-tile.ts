import { LRUCache } from 'lru-cache'
import { readBytes, readJson } from '../warehouse/read-value.ts'
import type { Session } from '../warehouse/session.ts'
import { type Box, findGround } from './tile-ground.ts'
import type { Estimates, TileSource } from './tile-source.ts'
import {
  sampledBelowZoom,
  samplePercent,
  type TileAddress,
  tileEstimateStatement,
  tileStatement,
} from './tile-sql.ts'

const maxEstimates = 1_000

export function createEstimates(): Estimates {
  return new LRUCache({ max: maxEstimates })
}

/** Makes one tile on a session of the asking role. An empty buffer is an empty tile. */
export async function makeTile(
  session: Session,
  source: TileSource,
  tile: TileAddress,
  maxFeatures: number,
): Promise<Buffer> {
  const ground = await findGround(session, source, tile)
  const percent = await findSamplePercent(session, source, tile, ground, maxFeatures)
  const statement = tileStatement(source, tile, { ground, maxFeatures, samplePercent: percent })
  return (await readBytes(session, statement)) ?? Buffer.alloc(0)
}

async function findSamplePercent(
  session: Session,
  source: TileSource,
  tile: TileAddress,
  ground: Box | undefined,
  maxFeatures: number,
): Promise<number | undefined> {
  const { sampling, estimatedRows, gridCells } = source
  // Sums of a sample would be wrong.
  if (gridCells !== undefined || tile.z >= sampledBelowZoom) return undefined
  if (sampling === 'table' && estimatedRows <= maxFeatures) return undefined
  return samplePercent(await estimateFeatures(session, source, tile, ground), maxFeatures)
}

/** Asking the planner costs as much as drawing a small tile; the same tiles are drawn for many. */
async function estimateFeatures(
  session: Session,
  source: TileSource,
  tile: TileAddress,
  ground: Box | undefined,
): Promise<number> {
  const { estimates } = source
  const key = `${tile.z}/${tile.x}/${tile.y}`
  const known = estimates.get(key)
  if (known !== undefined) return known
  const plans = await readJson<[{ Plan: { 'Plan Rows': number } }]>(
    session,
    tileEstimateStatement(source, tile, ground),
  )
  const rows = plans?.[0].Plan['Plan Rows'] ?? 0
  estimates.set(key, rows)
  return rows
}
