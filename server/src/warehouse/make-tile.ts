import { LRUCache } from 'lru-cache'
import type { GeometryColumn, Relation } from './describe-relation.ts'
import { readBytes, readJson } from './read-value.ts'
import type { Session } from './session.ts'
import { type Box, findGround } from './tile-ground.ts'
import {
  sampledBelowZoom,
  samplePercent,
  type TileAddress,
  tileEstimateStatement,
  tileStatement,
} from './tile-sql.ts'

/** What tiles are drawn from, as the asking role sees it. */
export type TileSource = {
  readonly relation: Relation
  readonly geometry: GeometryColumn
  readonly properties: readonly string[]
  /** How many features the planner has said to expect, by tile. As old as the source, at most. */
  readonly estimates: Estimates
}

export type Estimates = LRUCache<string, number>

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
  const { relation, geometry, properties } = source
  const ground = await findGround(session, geometry, tile)
  const percent = await findSamplePercent(session, source, tile, ground, maxFeatures)
  const statement = tileStatement(relation, geometry, properties, tile, {
    ground,
    maxFeatures,
    samplePercent: percent,
  })
  return (await readBytes(session, statement)) ?? Buffer.alloc(0)
}

async function findSamplePercent(
  session: Session,
  source: TileSource,
  tile: TileAddress,
  ground: Box | undefined,
  maxFeatures: number,
): Promise<number | undefined> {
  const { relation } = source
  // Only tables and materialized views can be sampled.
  const canSample = relation.kind === 'r' || relation.kind === 'm'
  if (!canSample || tile.z >= sampledBelowZoom || relation.estimatedRows <= maxFeatures) {
    return undefined
  }
  return samplePercent(await estimateFeatures(session, source, tile, ground), maxFeatures)
}

/** Asking the planner costs as much as drawing a small tile; the same tiles are drawn for many. */
async function estimateFeatures(
  session: Session,
  { relation, geometry, estimates }: TileSource,
  tile: TileAddress,
  ground: Box | undefined,
): Promise<number> {
  const key = `${tile.z}/${tile.x}/${tile.y}`
  const known = estimates.get(key)
  if (known !== undefined) return known
  const plans = await readJson<[{ Plan: { 'Plan Rows': number } }]>(
    session,
    tileEstimateStatement(relation, geometry, tile, ground),
  )
  const rows = plans?.[0].Plan['Plan Rows'] ?? 0
  estimates.set(key, rows)
  return rows
}
