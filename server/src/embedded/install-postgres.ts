import { mkdir, readFile, realpath } from 'node:fs/promises'
import { EmbeddedError } from './embedded-error.ts'
import { findPostgres, type PostgresBinaries } from './find-postgres.ts'
import { describeInstallation } from './install-hint.ts'
import { installWithApt } from './install-with-apt.ts'
import { hasApt } from './run-apt.ts'
import { acquireServerLock } from './server-lock.ts'
import { unpackWithApt } from './unpack-with-apt.ts'

/**
 * Brings PostgreSQL with PostGIS: root installs it with apt, anybody else unpacks apt's packages
 * into the data directory, and with them those of ogr2ogr. `progress` hears first what will be done, then how far it is. Throws
 * `EmbeddedError`: with the command to run where there is no apt, with apt's last words where apt
 * failed.
 */
export async function installPostgres(options: {
  dataDir: string
  isRoot: boolean
  progress: (message: string) => void
}): Promise<PostgresBinaries> {
  const { isRoot, progress } = options
  const osRelease = await readFile('/etc/os-release', 'utf8').catch(() => '')
  const hint = describeInstallation({ platform: process.platform, osRelease })
  if (!(await hasApt())) {
    throw new EmbeddedError(`PostgreSQL with PostGIS is not on this machine. ${hint}`)
  }
  await mkdir(options.dataDir, { recursive: true })
  const dataDir = await realpath(options.dataDir)
  const lock = await acquireServerLock(dataDir)
  try {
    if (isRoot) await installWithApt({ dataDir, progress })
    else await unpackWithApt({ dataDir, withPostgres: true, progress })
  } catch (error) {
    if (!(error instanceof EmbeddedError)) throw error
    throw new EmbeddedError(`${error.message}\n\n${hint}`, { cause: error })
  } finally {
    await lock.release()
  }
  const binaries = await findPostgres({ dataDir })
  if (binaries?.postgisAvailable === true) return binaries
  throw new EmbeddedError(
    `PostgreSQL was brought, but with it there is no PostGIS that can be used. ${hint}`,
  )
}
