import { settings } from '@postern/server/config.js'
import type { BareServer, BareServerOptions } from './bare-server.ts'
import type { Cleanup } from './cleanup.ts'
import { createApiKey } from './create-api-key.ts'
import { createTables, tables } from './create-tables.ts'
import type { Load, LoadResult } from './http-load.ts'
import { type Backstage, type Login, openBackstage } from './open-backstage.ts'
import type { Profile } from './profile.ts'
import { type Postern, startPostern } from './start-postern.ts'
import { maxFeatures, tileStatements } from './tile-statements.ts'
import { startWorker, type Worker } from './worker.ts'

/** Everything that measurements work on. It runs, it is filled, and it goes with its cleanup. */
export type Setting = {
  readonly profile: Profile
  readonly postern: Postern
  /** A regular key that may select the tables. */
  readonly token: string
  readonly backstage: Backstage
  /** The role of that key, for those who go past Postern. */
  readonly login: Login
  readonly bare: BareServer
  readonly loader: Worker<Load, LoadResult>
}

/** How many database sessions each contender has: as many as Postern gives one key. */
export const sessions = Number(settings.POSTERN_SESSIONS_PER_ROLE.default)

/** Starts Postern, fills its tables, and starts what it is compared with. */
export async function prepareSetting(
  profile: Profile,
  cleanup: Cleanup,
  progress: (message: string) => void,
): Promise<Setting> {
  progress('Starting Postern')
  // What is compared with a bare server is making tiles, not sending them once more.
  const postern = await startPostern(cleanup, { POSTERN_TILE_CACHE_BYTES: '0' })
  const backstage = await openBackstage(postern.dataDir, cleanup)
  const { places, points, polygons } = profile.rows
  progress(`Making ${places} places, ${points} points and ${polygons} polygons`)
  await createTables(await backstage.loginOf(postern.masterKey), profile.rows)
  const token = await createApiKey(postern, 'reader', Object.values(tables))
  const login = await backstage.loginOf(token)

  const bareWorker = startWorker<BareServerOptions, BareServer>('bare-server')
  cleanup.add(bareWorker.stop)
  const bare = await bareWorker.ask({
    login,
    connections: sessions,
    tiles: tileStatements,
    maxFeatures,
  })
  const loader = startWorker<Load, LoadResult>('load-worker')
  cleanup.add(loader.stop)
  return { profile, postern, token, backstage, login, bare, loader }
}
