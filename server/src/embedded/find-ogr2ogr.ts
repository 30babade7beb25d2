import { execFile } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { runtimeDir, runtimeEnvironment } from './unpacked-runtime.ts'

/** A program of the machine, or of the tree that was unpacked into a data directory. */
export type FoundProgram = {
  readonly path: string
  /** What it needs in its environment; empty unless it was unpacked by us. */
  readonly environment: Readonly<Record<string, string>>
}

/**
 * GDAL's ogr2ogr: in `searchPaths` (by default, where systems and their package managers keep
 * programs), else in the tree unpacked into the data directory. Undefined when there is none.
 */
export async function findOgr2ogr(options: {
  dataDir: string
  searchPaths?: readonly string[] | undefined
}): Promise<FoundProgram | undefined> {
  for (const dir of options.searchPaths ?? usualDirs) {
    const path = join(dir, 'ogr2ogr')
    if (await isExecutable(path)) return { path, environment: {} }
  }
  const runtime = runtimeDir(resolve(options.dataDir))
  const path = join(runtime, 'usr/bin/ogr2ogr')
  if (!(await isExecutable(path))) return undefined
  return { path, environment: await runtimeEnvironment(runtime) }
}

/** What `ogr2ogr --version` says; undefined where it cannot be run. */
export async function findOgr2ogrVersion(dataDir: string): Promise<string | undefined> {
  const program = await findOgr2ogr({ dataDir })
  if (program === undefined) return undefined
  const { path, environment } = program
  return await promisify(execFile)(path, ['--version'], { env: { ...environment } }).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  )
}

const usualDirs = ['/usr/local/bin', '/usr/bin', '/bin', '/opt/homebrew/bin']

function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}
