import { execFile } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'
import { startCluster } from '../src/embedded/cluster.ts'
import { findPostgres, type PostgresBinaries } from '../src/embedded/find-postgres.ts'

/** Where `npm start` keeps its data, and the global setup whatever PostgreSQL it had to unpack. */
export const productDataDir = fileURLToPath(new URL('../../data', import.meta.url))

/** For clusters that a test starts itself: small, and careless about power cuts. */
export const quickSettings = { fsync: 'off', shared_buffers: '16MB', max_connections: '20' }

/** Of the superuser of every cluster that a test starts itself. */
export const superuserPassword = 'a-password-that-nobody-else-uses'

/** A directory that everybody may pass through, removed when the test is over. */
export async function makeDataDir(): Promise<string> {
  const dir = await makePassableDir()
  onTestFinished(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }))
  return dir
}

async function makePassableDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'postern-vitest-'))
  await chmod(dir, 0o711)
  return dir
}

/** What one first start has made. A file that uses it takes it away at its end. */
let original: Promise<string> | undefined

/**
 * A data directory whose cluster was made before and stopped: for tests that are not about the first
 * start, which takes longer than most of them. Belongs with `removeUsedDataDir` in `afterAll`.
 */
export async function makeUsedDataDir(): Promise<string> {
  original ??= makeOriginal()
  const dataDir = await makeDataDir()
  // With owners and modes: PostgreSQL's files may be another user's.
  await promisify(execFile)('cp', ['-a', `${await original}/.`, dataDir])
  return dataDir
}

export async function removeUsedDataDir(): Promise<void> {
  const dir = await original
  original = undefined
  if (dir !== undefined) await rm(dir, { recursive: true, force: true })
}

async function makeOriginal(): Promise<string> {
  const dataDir = await makePassableDir()
  const cluster = await startCluster({
    binaries: await getBinaries(),
    dataDir,
    superuserPassword,
    observe: () => undefined,
    settings: quickSettings,
  })
  await cluster.stop()
  // Every copy looks for a port of its own, and writes a log of its own.
  for (const name of ['cluster.json', 'log', 'run']) {
    await rm(join(dataDir, name), { recursive: true, force: true })
  }
  return dataDir
}

/** The binaries that the global setup made sure of. */
export async function getBinaries(): Promise<PostgresBinaries> {
  const binaries = await findPostgres({ dataDir: productDataDir })
  if (binaries === undefined) throw new Error('The global setup left no PostgreSQL.')
  return binaries
}
