import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { EmbeddedError, lastLines } from './embedded-error.ts'
import { findClusterVersion, oldestVersion } from './find-postgres.ts'
import { AptError, type AptRun, runApt } from './run-apt.ts'

/** The package that brings PostGIS, and with it PostgreSQL, in one major version. */
export function nameOfPackage(major: number): string {
  return `postgresql-${major}-postgis-3`
}

/** The package that brings ogr2ogr. */
export const ogr2ogrPackage = 'gdal-bin'

/**
 * The major version to bring, of those for which apt knows PostGIS: that of the cluster which is
 * there, else one whose server is installed already, else the newest. Undefined when there is none,
 * as on a machine that never fetched its package lists.
 */
export async function findMajor(
  aptCache: readonly string[],
  dataDir: string,
  progress: AptRun['progress'],
): Promise<number | undefined> {
  const output = await runApt(
    [...aptCache, 'search', '--names-only', '^postgresql-[0-9]+-postgis-3$'],
    { doing: 'Looking for PostGIS', progress },
  )
  const offered = [...output.matchAll(/^postgresql-(\d+)-postgis-3 /gm)]
    .map((match) => Number(match[1]))
    .filter((major) => major >= oldestVersion)
    .sort((a, b) => b - a)
  const present = await findClusterVersion(join(dataDir, 'pg'))
  if (present !== undefined && offered.includes(present)) return present
  for (const major of offered) {
    if (await isServerInstalled(major)) return major
  }
  return offered[0]
}

/**
 * Fetches package lists, then does as `findMajor`. One source that cannot be reached does not
 * matter, as long as another has PostGIS. Throws `EmbeddedError` when none has.
 */
export async function getMajorFromMirrors(
  apt: { readonly get: readonly string[]; readonly cache: readonly string[] },
  dataDir: string,
  progress: AptRun['progress'],
): Promise<number> {
  const output = await fetchPackageLists(apt.get, progress)
  const major = await findMajor(apt.cache, dataDir, progress)
  if (major !== undefined) return major
  throw new EmbeddedError(
    `apt knows no package with PostGIS. The last words of apt-get update:\n${lastLines(output)}`,
  )
}

/** Returns what apt said: that one source cannot be reached is no error as long as others can. */
export function fetchPackageLists(
  aptGet: readonly string[],
  progress: AptRun['progress'],
): Promise<string> {
  return runApt([...aptGet, 'update'], { doing: 'Fetching package lists', progress }).catch(
    (error: unknown) => {
      if (error instanceof AptError) return error.output
      throw error
    },
  )
}

/** What `apt-get install` would bring that is not installed yet. */
export async function listMissingPackages(
  aptGet: readonly string[],
  name: string,
  progress: AptRun['progress'],
): Promise<string[]> {
  const output = await runApt([...aptGet, 'install', '-s', '--no-install-recommends', name], {
    doing: 'Asking apt what is missing',
    progress,
  })
  return [...output.matchAll(/^Inst (\S+)/gm)].map((match) => match[1] ?? '')
}

/** The bytes that an `apt-get --print-uris` run would download. */
export async function getDownloadBytes(
  command: readonly string[],
  progress: AptRun['progress'],
): Promise<number> {
  const output = await runApt([...command, '--print-uris'], { doing: 'Asking apt', progress })
  const sizes = [...output.matchAll(/^'[^']+' \S+ (\d+)/gm)].map((match) => Number(match[1]))
  return sizes.reduce((sum, bytes) => sum + bytes, 0)
}

/** "37 MB". */
export function megabytes(bytes: number): string {
  return `${Math.max(1, Math.round(bytes / 1_000_000))} MB`
}

function isServerInstalled(major: number): Promise<boolean> {
  return access(`/usr/lib/postgresql/${major}/bin/postgres`).then(
    () => true,
    () => false,
  )
}
