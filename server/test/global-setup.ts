import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'
import { startCluster } from '../src/embedded/cluster.ts'
import { ensureOgr2ogr } from '../src/embedded/ensure-ogr2ogr.ts'
import { ensurePostgres } from '../src/embedded/ensure-postgres.ts'
import { findOgr2ogr } from '../src/embedded/find-ogr2ogr.ts'
import { findLockHolder } from '../src/embedded/server-lock.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The superuser's way into the cluster that all test files share; add a database name. */
    cluster: { host: string; port: number; user: string; password: string }
    /** Where GDAL's programs are, and what they need in their environment. */
    gdal: { binDir: string | undefined; environment: Record<string, string> }
  }
}

const prefix = 'postern-vitest-'

/**
 * One throw-away cluster for the whole run: as the product starts it, but careless about power
 * cuts, which saves most of the time that creating databases takes.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await removeLeftovers()
  const progress = (message: string) => console.info(message)
  const place = {
    // Where `npm start` keeps what it had to unpack, so that it is there for both.
    dataDir: fileURLToPath(new URL('../../data', import.meta.url)),
    isRoot: process.getuid?.() === 0,
    progress,
  }
  await ensurePostgres(place)
  await ensureOgr2ogr(place)
  // Looked for again: bringing ogr2ogr may have unpacked PostgreSQL anew.
  const binaries = await ensurePostgres(place)
  const ogr2ogr = await findOgr2ogr(place)
  project.provide('gdal', {
    binDir: ogr2ogr && dirname(ogr2ogr.path),
    environment: { ...ogr2ogr?.environment },
  })
  const dataDir = await mkdtemp(join(tmpdir(), prefix))
  // PostgreSQL may run as another user, who must get through.
  await chmod(dataDir, 0o711)
  const remove = () => rm(dataDir, { recursive: true, force: true })
  try {
    const cluster = await startCluster({
      binaries,
      dataDir,
      superuserPassword: randomBytes(24).toString('base64url'),
      observe: () => undefined,
      settings: {
        fsync: 'off',
        synchronous_commit: 'off',
        full_page_writes: 'off',
        max_connections: '300',
        shared_buffers: '128MB',
      },
    })
    project.provide('cluster', cluster.address)
    return async () => {
      await cluster.stop()
      await remove()
    }
  } catch (error) {
    await remove()
    throw error
  }
}

/**
 * What earlier runs could not remove because they were killed. Their clusters ended with them. A
 * directory without a lock may be another run's that is only just beginning.
 */
async function removeLeftovers(): Promise<void> {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(prefix))
  for (const dir of names.map((name) => join(tmpdir(), name))) {
    const { mtimeMs } = await stat(dir)
    const isOld = Date.now() - mtimeMs > 600_000
    if (isOld && (await findLockHolder(dir)) === undefined) {
      await rm(dir, { recursive: true, force: true })
    }
  }
}
