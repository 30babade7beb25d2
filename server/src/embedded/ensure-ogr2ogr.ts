import { access, mkdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { EmbeddedError } from './embedded-error.ts'
import { findOgr2ogr } from './find-ogr2ogr.ts'
import { installOgr2ogrWithApt } from './install-with-apt.ts'
import { hasApt } from './run-apt.ts'
import { acquireServerLock } from './server-lock.ts'
import { unpackWithApt } from './unpack-with-apt.ts'
import { runtimeDir } from './unpacked-runtime.ts'

/**
 * Brings ogr2ogr where it is missing, as PostgreSQL is brought; true when it did. Everything but a
 * few formats of the SQL API works without it, so that a failure is only told.
 */
export async function ensureOgr2ogr(options: {
  dataDir: string
  isRoot: boolean
  progress: (message: string) => void
}): Promise<boolean> {
  if ((await findOgr2ogr(options)) !== undefined) return false
  try {
    await bringOgr2ogr(options)
    return true
  } catch (error) {
    if (!(error instanceof EmbeddedError)) throw error
    options.progress(
      'The SQL API cannot write shp, kml, gpkg and spatialite, because ogr2ogr is not on this ' +
        `machine. Install GDAL's programs (on Debian: the package gdal-bin). ${error.message}`,
    )
    return false
  }
}

async function bringOgr2ogr(options: Parameters<typeof ensureOgr2ogr>[0]): Promise<void> {
  const { isRoot, progress } = options
  if (!(await hasApt())) throw new EmbeddedError('There is no apt to bring it with.')
  if (isRoot) return await installOgr2ogrWithApt(progress)
  await mkdir(options.dataDir, { recursive: true })
  const dataDir = await realpath(options.dataDir)
  const lock = await acquireServerLock(dataDir)
  try {
    await unpackWithApt({ dataDir, withPostgres: await holdsPostgres(dataDir), progress })
  } finally {
    await lock.release()
  }
}

/** One tree holds everything, so that libraries which both use are there once. */
function holdsPostgres(dataDir: string): Promise<boolean> {
  return access(join(runtimeDir(dataDir), 'usr/lib/postgresql')).then(
    () => true,
    () => false,
  )
}
