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

/** Makes one tile on a session of the asking role. An empty buffer is an empty tile. */
export async function makeTile(
  session: Session,
  source: {
    readonly relation: Relation
    readonly geometry: GeometryColumn
    readonly properties: readonly string[]
  },
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
  { relation, geometry }: { readonly relation: Relation; readonly geometry: GeometryColumn },
  tile: TileAddress,
  ground: Box | undefined,
  maxFeatures: number,
): Promise<number | undefined> {
  // Only tables and materialized views can be sampled.
  const canSample = relation.kind === 'r' || relation.kind === 'm'
  if (!canSample || tile.z >= sampledBelowZoom || relation.estimatedRows <= maxFeatures) {
    return undefined
  }
  const plans = await readJson<[{ Plan: { 'Plan Rows': number } }]>(
    session,
    tileEstimateStatement(relation, geometry, tile, ground),
  )
  return samplePercent(plans?.[0].Plan['Plan Rows'] ?? 0, maxFeatures)
}
