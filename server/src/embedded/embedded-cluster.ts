import { randomBytes } from 'node:crypto'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Observe } from '../observations.ts'
import type { DatabaseAddress } from '../store/database.ts'
import { startCluster } from './cluster.ts'
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
  const binaries = await ensurePostgres({ dataDir, isRoot, progress })
  const start = isServer ? superviseCluster : startCluster
  const cluster = await start({ binaries, dataDir, superuserPassword, observe })
  return { address: { ...cluster.address, database: 'postgres' }, stop: () => cluster.stop() }
}

/** The superuser's password, made (mode 0600) at first use. Nobody types it and no argument carries it. */
async function loadSuperuserPassword(path: string): Promise<string> {
  const password = randomBytes(32).toString('base64url')
  try {
    await writeFile(path, password, { mode: 0o600, flag: 'wx' })
    return password
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const { mode } = await stat(path)
  if ((mode & 0o077) !== 0) {
    throw new Error(`The password file ${path} can be read by others. Run: chmod 600 ${path}`)
  }
  return (await readFile(path, 'utf8')).trim()
}
