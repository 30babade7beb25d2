import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { findPostgres, type PostgresBinaries } from '../src/embedded/find-postgres.ts'

/** Where `npm start` keeps its data, and the global setup whatever PostgreSQL it had to unpack. */
export const productDataDir = fileURLToPath(new URL('../../data', import.meta.url))

/** For clusters that a test starts itself: small, and careless about power cuts. */
export const quickSettings = { fsync: 'off', shared_buffers: '16MB', max_connections: '20' }

/** A directory that everybody may pass through, removed when the test is over. */
export async function makeDataDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'postern-vitest-'))
  await chmod(dir, 0o711)
  onTestFinished(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }))
  return dir
}

/** The binaries that the global setup made sure of. */
export async function getBinaries(): Promise<PostgresBinaries> {
  const binaries = await findPostgres({ dataDir: productDataDir })
  if (binaries === undefined) throw new Error('The global setup left no PostgreSQL.')
  return binaries
}
