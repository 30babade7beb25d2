import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Observe } from '../observations.ts'
import type { DatabaseAddress } from '../store/database.ts'
import { createSecretFile, readSecretFile } from '../token/secret-file.ts'
import { startCluster } from './cluster.ts'
import { ensureOgr2ogr } from './ensure-ogr2ogr.ts'
import { ensurePostgres } from './ensure-postgres.ts'
import { findRunningCluster } from './running-cluster.ts'
import { superviseCluster } from './supervise-cluster.ts'

export type EmbeddedCluster = {
  readonly address: DatabaseAddress
  /** Stops the cluster, unless it was already running for somebody else. */
  stop(): Promise<void>
}

/**
 * The embedded PostgreSQL of a data directory. A server starts it, keeps it running and owns it. A
 * command uses the one that a server runs, or starts it for its own time.
 */
export async function startEmbeddedCluster(options: {
  readonly dataDir: string
  readonly isServer: boolean
  readonly progress: (message: string) => void
  readonly observe: Observe
}): Promise<EmbeddedCluster> {
  const { dataDir, isServer, progress, observe } = options
  const superuserPassword = await loadSuperuserPassword(join(dataDir, 'postgres-password'))
  if (!isServer) {
    const running = await findRunningCluster(dataDir)
    if (running !== undefined) {
      const address = { ...running, password: superuserPassword, database: 'postgres' }
      return { address, stop: async () => {} }
    }
  }
  const isRoot = process.getuid?.() === 0
  let binaries = await ensurePostgres({ dataDir, isRoot, progress })
  // May have unpacked PostgreSQL anew, too.
  if (isServer && (await ensureOgr2ogr({ dataDir, isRoot, progress }))) {
    binaries = await ensurePostgres({ dataDir, isRoot, progress })
  }
  const start = isServer ? superviseCluster : startCluster
  const cluster = await start({ binaries, dataDir, superuserPassword, observe })
  return { address: { ...cluster.address, database: 'postgres' }, stop: () => cluster.stop() }
}

/** The superuser's password, made (mode 0600) at first use. Nobody types it and no argument carries it. */
async function loadSuperuserPassword(path: string): Promise<string> {
  const existing = await readSecretFile(path)
  return existing ?? (await createSecretFile(path, randomBytes(32).toString('base64url')))
}
