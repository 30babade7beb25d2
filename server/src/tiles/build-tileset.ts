import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { StopSignal } from '../stop-signal.ts'
import { readBytes, readJson } from '../warehouse/read-value.ts'
import type { RunOptions, Warehouse } from '../warehouse/run-statement.ts'
import type { Lane, SessionKey } from '../warehouse/sessions.ts'
import { findGround } from './tile-ground.ts'
import type { TileSource } from './tile-source.ts'
import { samplePercent, type TileAddress, tileCountStatement, tileStatement } from './tile-sql.ts'
import type { StagedTile, Staging } from './tileset-staging.ts'

const compress = promisify(gzip)

/** What happens where a tile would hold more features than it may. */
export const dropRules = ['sample', 'smallest', 'none'] as const

export type DropRule = (typeof dropRules)[number]

export type TilesetZooms = {
  readonly minZoom: number
  readonly maxZoom: number
  readonly drop: DropRule
  readonly maxFeatures: number
}

export type TilesetProgress = {
  readonly zoom: number
  /** Tiles that were drawn so far, at all zooms. */
  readonly tiles: number
  /** Of the tiles that are looked at, at this zoom, those that have been: from 0 to 1. */
  readonly share: number
}

/** So many tiles are looked at for one round of writing. */
const parentsPerRound = 16
/** Tiles that are made at the same time: this is work in the background. */
const atATime = 2
/** What stands for no limit: PostgreSQL's memory for one tile is spent before. */
const noLimit = 2 ** 31

/**
 * Makes the tiles of a source, from the whole world down, and writes them to the staging table.
 * Where a tile holds nothing, nothing below it is looked at. What the staging table holds already is
 * not made again, so whoever takes up an abandoned build goes on where it ended. `told` is told after
 * each round and may throw to stop. Throws what PostgreSQL refuses.
 */
export async function buildTileset(options: {
  readonly warehouse: Warehouse
  /** The role that may read the source and write the staging table. */
  readonly key: SessionKey
  readonly source: TileSource
  readonly zooms: TilesetZooms
  readonly staging: Staging
  readonly deadlineMs: number
  readonly signal: StopSignal
  readonly told: (progress: TilesetProgress) => Promise<void>
}): Promise<void> {
  const { warehouse, key, source, zooms, staging, deadlineMs, signal, told } = options
  const runOptions = (lane: Lane): RunOptions => ({ key, lane, deadlineMs, signal })
  const inOwn = runOptions('own')
  // A query's sessions are reset behind each tile: whatever it does to them must not go on.
  const inSource = runOptions(source.isOurs ? 'own' : 'reader')

  for (let zoom = 0; zoom <= zooms.maxZoom; zoom += 1) {
    for (;;) {
      const round = await warehouse.run(inOwn, (session) =>
        staging.nextRound(session, zoom, parentsPerRound),
      )
      if (round.candidates.length === 0) break
      const made: StagedTile[] = []
      const waiting = [...round.candidates]
      const work = async () => {
        for (let tile = waiting.shift(); tile !== undefined; tile = waiting.shift()) {
          const address = tile
          const data = await warehouse.run(inSource, (session) =>
            drawTile(session, source, address, zooms),
          )
          if (data !== undefined) made.push({ ...address, data })
        }
      }
      await Promise.all(Array.from({ length: atATime }, work))
      const written = await warehouse.run(inOwn, (session) =>
        staging.finishRound(session, round, made),
      )
      await told({ zoom, tiles: written.tiles, share: written.share })
    }
  }
}

/** Undefined: nothing lies there. Empty: something does, and none of it is drawn at this zoom. */
async function drawTile(
  session: Parameters<typeof findGround>[0],
  source: TileSource,
  tile: TileAddress,
  { minZoom, drop, maxFeatures }: TilesetZooms,
): Promise<Buffer | undefined> {
  const ground = await findGround(session, source, tile)
  const isDrawn = tile.z >= minZoom
  const limit = isDrawn && drop === 'sample' ? noLimit : 1
  const count = await readJson<number>(session, tileCountStatement(source, tile, { ground, limit }))
  if (count === undefined || count === 0) return undefined
  if (!isDrawn) return Buffer.alloc(0)
  const statement = tileStatement(source, tile, {
    ground,
    maxFeatures: drop === 'none' ? noLimit : maxFeatures,
    samplePercent: drop === 'sample' ? samplePercent(count, maxFeatures) : undefined,
    largestFirst: drop === 'smallest',
  })
  const bytes = await readBytes(session, statement)
  return bytes === undefined || bytes.length === 0 ? Buffer.alloc(0) : compress(bytes)
}
