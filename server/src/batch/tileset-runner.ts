import { AccessError, type ErrorCode } from '../errors.ts'
import type { Observe } from '../observations.ts'
import { createStopController, type StopController } from '../stop-signal.ts'
import { findAccountById } from '../store/accounts.ts'
import type { Database } from '../store/database.ts'
import {
  claimTilesetBuild,
  finishTilesetBuild,
  type TilesetBuild,
  updateTilesetProgress,
} from '../store/tileset-builds.ts'
import { makeTileset, type TilesetDefinition } from '../tiles/make-tileset.ts'
import type { Warehouse } from '../warehouse/run-statement.ts'
import { WarehouseError } from '../warehouse/warehouse-error.ts'

const lookEveryMs = 2_000

/** Nothing about the build: it waits until they are over. */
const passing: readonly ErrorCode[] = [
  'warehouse_busy',
  'warehouse_unavailable',
  'store_unavailable',
  'shutting_down',
]

export type TilesetRunner = { stop(): Promise<void> }

/**
 * Lets this node build tilesets that wait, one at a time, as the owner of their account. Builds of
 * nodes that are gone are gone on with. When it stops, the build that runs is given back.
 */
export function startTilesetRunner(options: {
  readonly store: Database
  readonly nodeId: string
  readonly warehouse: Warehouse
  /** How long one statement may take. */
  readonly timeoutMs: number
  readonly now: () => Date
  readonly observe: Observe
}): TilesetRunner {
  const { store, nodeId, warehouse, timeoutMs, now, observe } = options
  let running: Promise<void> | undefined
  let controller: StopController | undefined

  async function run(build: TilesetBuild, { signal }: StopController): Promise<void> {
    const mine = { id: build.id, nodeId }
    const account = await findAccountById(store, build.accountId)
    if (account === undefined) return
    try {
      await makeTileset({
        warehouse,
        key: { database: account.database, role: account.ownerRole },
        // It was written down by the command that checked it.
        definition: build.definition as TilesetDefinition,
        deadlineMs: timeoutMs,
        signal,
        async told(progress) {
          signal.throwIfAborted()
          if (await updateTilesetProgress(store, mine, progress, now())) return
          throw new AccessError('store_unavailable', {
            cause: new Error('Another node has taken the build.'),
          })
        },
      })
      await finishTilesetBuild(store, mine, { state: 'done', error: null }, now())
    } catch (error) {
      const waits = error instanceof AccessError && passing.includes(error.code)
      if (!waits) observe({ event: 'batch_trouble', jobId: build.id, cause: error })
      const end = waits
        ? ({ state: 'pending', error: null } as const)
        : ({ state: 'failed', error: sentenceOf(error) } as const)
      await finishTilesetBuild(store, mine, end, now())
    }
  }

  async function look(): Promise<void> {
    const build = await claimTilesetBuild(store, nodeId, now())
    if (build === undefined || controller !== undefined) return
    controller = createStopController()
    await run(build, controller).finally(() => {
      controller = undefined
    })
  }

  const timer = setInterval(() => {
    if (running !== undefined) return
    running = look()
      .catch((cause: unknown) => observe({ event: 'batch_trouble', cause }))
      .finally(() => {
        running = undefined
      })
  }, lookEveryMs)

  return {
    async stop() {
      clearInterval(timer)
      controller?.abort(new AccessError('shutting_down'))
      await running
    },
  }
}

/** What whoever asked for the build may read: they own the data. */
function sentenceOf(error: unknown): string {
  return error instanceof AccessError || error instanceof WarehouseError
    ? error.message
    : new AccessError('internal_error').message
}
