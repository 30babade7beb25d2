import type { GeometryColumn, Relation } from './describe-relation.ts'
import { readBytes, readJson } from './read-value.ts'
import type { Session } from './session.ts'
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
  const percent = await findSamplePercent(session, relation, geometry, tile, maxFeatures)
  const statement = tileStatement(relation, geometry, properties, tile, {
    maxFeatures,
    samplePercent: percent,
  })
  return (await readBytes(session, statement)) ?? Buffer.alloc(0)
}

async function findSamplePercent(
  session: Session,
  relation: Relation,
  geometry: GeometryColumn,
  tile: TileAddress,
  maxFeatures: number,
): Promise<number | undefined> {
  // Only tables and materialized views can be sampled.
  const canSample = relation.kind === 'r' || relation.kind === 'm'
  if (!canSample || tile.z >= sampledBelowZoom || relation.estimatedRows <= maxFeatures) {
    return undefined
  }
  const plans = await readJson<[{ Plan: { 'Plan Rows': number } }]>(
    session,
    tileEstimateStatement(relation, geometry, tile),
  )
  return samplePercent(plans?.[0].Plan['Plan Rows'] ?? 0, maxFeatures)
}
