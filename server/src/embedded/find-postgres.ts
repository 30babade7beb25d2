import { execFile } from 'node:child_process'
import { access, constants, readdir, readFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { runtimeDir, runtimeEnvironment } from './unpacked-runtime.ts'

const run = promisify(execFile)

/** One PostgreSQL installation that can run a cluster. */
export type PostgresBinaries = {
  /** The major version, which a data directory is bound to. */
  readonly version: number
  readonly binDir: string
  /** What the programs need in their environment; empty unless they were unpacked by us. */
  readonly env: Readonly<Record<string, string>>
  readonly postgisAvailable: boolean
}

/** `client_connection_check_interval`, on which cancellation rests, came with this version. */
export const oldestVersion = 14

/**
 * The best installation for a data directory: one of the version its cluster was made with, then
 * one with PostGIS, then the newest. Looks in the tree that `installPostgres` unpacks into the data
 * directory and in `searchPaths` (directories that hold `postgres` and `initdb`; by default, where
 * Debian, Red Hat, Alpine and macOS keep them, and what `pg_config` on the PATH names).
 */
export async function findPostgres(options: {
  searchPaths?: readonly string[] | undefined
  dataDir: string
}): Promise<PostgresBinaries | undefined> {
  const dataDir = resolve(options.dataDir)
  const unpacked = await listVersionedDirs(join(runtimeDir(dataDir), 'usr/lib/postgresql'))
  const elsewhere = options.searchPaths ?? (await listUsualDirs())
  const found: PostgresBinaries[] = []
  for (const binDir of new Set([...unpacked, ...elsewhere])) {
    const binaries = await inspect(binDir, dataDir)
    if (binaries !== undefined) found.push(binaries)
  }
  const wanted = await findClusterVersion(join(dataDir, 'pg'))
  const rank = (each: PostgresBinaries) =>
    (each.version === wanted ? 2_000 : 0) + (each.postgisAvailable ? 1_000 : 0) + each.version
  // The sort is stable: of equals, the one looked at first stays first.
  return found.sort((a, b) => rank(b) - rank(a))[0]
}

/** The major version that a data directory was made with; undefined when there is none. */
export async function findClusterVersion(pgDir: string): Promise<number | undefined> {
  try {
    return Number.parseInt(await readFile(join(pgDir, 'PG_VERSION'), 'utf8'), 10)
  } catch {
    return undefined
  }
}

async function inspect(binDir: string, dataDir: string): Promise<PostgresBinaries | undefined> {
  if (!(await isExecutable(join(binDir, 'postgres')))) return undefined
  if (!(await isExecutable(join(binDir, 'initdb')))) return undefined
  const runtime = runtimeDir(dataDir)
  const env = binDir.startsWith(`${runtime}/`) ? await runtimeEnvironment(runtime) : {}
  const version = await findVersion(binDir, env)
  if (version === undefined || version < oldestVersion) return undefined
  return { version, binDir, env, postgisAvailable: await hasPostgis(binDir, version) }
}

async function findVersion(
  binDir: string,
  env: Readonly<Record<string, string>>,
): Promise<number | undefined> {
  const named = /\/postgresql\/(\d+)\/bin$/.exec(binDir)?.[1]
  if (named !== undefined) return Number(named)
  try {
    const { stdout } = await run(join(binDir, 'postgres'), ['--version'], { env: { ...env } })
    const major = /\) (\d+)/.exec(stdout)?.[1]
    return major === undefined ? undefined : Number(major)
  } catch {
    return undefined
  }
}

async function hasPostgis(binDir: string, version: number): Promise<boolean> {
  const named = await run(join(binDir, 'pg_config'), ['--sharedir']).then(
    ({ stdout }) => [stdout.trim()],
    () => [],
  )
  const shareDirs = [
    ...named,
    // Debian: /usr/lib/postgresql/15/bin and /usr/share/postgresql/15.
    join(binDir, '../../../../share/postgresql', String(version)),
    // Alpine: /usr/libexec/postgresql17 and /usr/share/postgresql17.
    join(binDir, '../../share', basename(binDir)),
    // Fedora: /usr/bin and /usr/share/pgsql.
    join(binDir, '../share/pgsql'),
  ]
  for (const dir of shareDirs) {
    if (await exists(join(dir, 'extension/postgis.control'))) return true
  }
  return false
}

async function listUsualDirs(): Promise<string[]> {
  const pgConfig = await run('pg_config', ['--bindir']).then(
    ({ stdout }) => [stdout.trim()],
    () => [],
  )
  return [
    ...(await listVersionedDirs('/usr/lib/postgresql')),
    ...(await listMatching('/usr', /^pgsql-\d+$/, 'bin')),
    ...(await listMatching('/usr/libexec', /^postgresql\d+$/, '')),
    ...(await listMatching('/opt/homebrew/opt', /^postgresql(@\d+)?$/, 'bin')),
    ...(await listMatching('/usr/local/opt', /^postgresql(@\d+)?$/, 'bin')),
    ...(await listMatching('/Applications/Postgres.app/Contents/Versions', /^\d+$/, 'bin')),
    ...pgConfig,
    '/usr/bin',
    '/usr/local/bin',
  ]
}

function listVersionedDirs(parent: string): Promise<string[]> {
  return listMatching(parent, /^\d+$/, 'bin')
}

async function listMatching(parent: string, pattern: RegExp, below: string): Promise<string[]> {
  const names = (await listNames(parent)).filter((name) => pattern.test(name))
  return names.map((name) => join(parent, name, below))
}

async function listNames(dir: string): Promise<string[]> {
  return await readdir(dir).catch(() => [])
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  )
}

async function isExecutable(path: string): Promise<boolean> {
  return await access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}
