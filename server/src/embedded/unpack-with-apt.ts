import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { EmbeddedError } from './embedded-error.ts'
import { findOgr2ogr } from './find-ogr2ogr.ts'
import { findPostgres } from './find-postgres.ts'
import {
  fetchPackageLists,
  getDownloadBytes,
  getMajorFromMirrors,
  listMissingPackages,
  megabytes,
  nameOfPackage,
  ogr2ogrPackage,
} from './postgis-package.ts'
import { AptError, type AptRun, runApt } from './run-apt.ts'
import { runtimeDir, runtimeEnvironment } from './unpacked-runtime.ts'

const run = promisify(execFile)

const draftPrefix = 'runtime.new-'

type Options = {
  readonly dataDir: string
  /** Whether the tree is to hold PostgreSQL with PostGIS, beside ogr2ogr. */
  readonly withPostgres: boolean
  readonly progress: AptRun['progress']
}

/**
 * Brings ogr2ogr, and PostgreSQL with PostGIS, without being root: Debian's packages are fetched and
 * checked by apt, and unpacked into `runtime` in the data directory. Nothing outside it changes. The
 * tree takes the place of one that is there only when it is complete. PostgreSQL alone is enough
 * when it is asked for. The caller holds the lock of the data directory.
 */
export async function unpackWithApt(options: Options): Promise<void> {
  const { dataDir, withPostgres, progress } = options
  const runtime = runtimeDir(dataDir)
  const what = withPostgres ? 'PostgreSQL with PostGIS and ogr2ogr' : 'ogr2ogr'
  if (/[:;]/.test(runtime)) {
    throw new EmbeddedError(
      `${what} cannot be unpacked into ${runtime}: the path may hold neither ":" nor ";", ` +
        'because the list of library directories is divided by them.',
    )
  }
  progress(
    `${what} ${withPostgres ? 'are not all' : 'is not'} on this machine, and only root may install. ` +
      `Unpacking Debian's packages into ${runtime} instead; nothing else is changed.`,
  )
  await removeDrafts(dataDir)
  const draft = await mkdtemp(join(dataDir, draftPrefix))
  try {
    const apt = await configureApt(join(draft, 'apt'))
    const packagesDir = join(draft, 'packages')
    const tree = runtimeDir(draft)
    await Promise.all([mkdir(packagesDir), mkdir(tree)])
    const major = await download(apt, packagesDir, options)
    await unpack(packagesDir, tree, progress)
    if (major !== undefined) await arrangePostgres(tree, major)
    await checkLibraries(draft, withPostgres)
    await rm(runtime, { recursive: true, force: true })
    await rename(tree, runtime)
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
  progress(`Unpacked ${what} into ${runtime}.`)
}

type Apt = { readonly get: readonly string[]; readonly cache: readonly string[] }

/**
 * apt with package lists and caches of its own, which it may write, and without the hooks that run
 * after an update and expect to be root. What is installed and where to fetch from stay the machine's.
 */
async function configureApt(dir: string): Promise<Apt> {
  await mkdir(join(dir, 'lists/partial'), { recursive: true })
  await mkdir(join(dir, 'cache/archives/partial'), { recursive: true })
  const path = join(dir, 'apt.conf')
  await writeFile(
    path,
    `Dir::State "${dir}";
Dir::State::lists "${dir}/lists";
Dir::State::status "/var/lib/dpkg/status";
Dir::Cache "${dir}/cache";
Dir::Cache::archives "${dir}/cache/archives";
Dir::Log "${dir}";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
`,
  )
  return {
    get: ['apt-get', `--config-file=${path}`],
    cache: ['apt-cache', `--config-file=${path}`],
  }
}

/** Fetches what this machine lacks; returns the major version of PostgreSQL, if that is wanted. */
async function download(
  apt: Apt,
  packagesDir: string,
  options: Options,
): Promise<number | undefined> {
  const { dataDir, withPostgres, progress } = options
  const names = new Set<string>()
  const addMissing = async (name: string) => {
    const missing = await listMissingPackages(apt.get, name, progress)
    for (const each of [name, ...missing.filter(isNeededToRun)]) names.add(each)
  }
  let major: number | undefined
  if (withPostgres) {
    major = await getMajorFromMirrors(apt, dataDir, progress)
    const postgis = nameOfPackage(major)
    await addMissing(postgis)
    // These are needed in the tree even where they are installed: PostgreSQL looks for its
    // extensions beside its own program.
    for (const each of [`postgresql-${major}`, `${postgis}-scripts`]) names.add(each)
    await addMissing(ogr2ogrPackage).catch((error: unknown) => {
      if (!(error instanceof AptError)) throw error
      progress(`ogr2ogr is left out: ${error.message}`)
    })
  } else {
    await fetchPackageLists(apt.get, progress)
    await addMissing(ogr2ogrPackage)
  }
  const command = [...apt.get, 'download', ...names]
  const bytes = await getDownloadBytes(command, progress)
  progress(`Downloading ${names.size} packages, ${megabytes(bytes)}.`)
  const doing = 'Downloading'
  await runApt(command, { doing, packages: names.size, progress, cwd: packagesDir })
  return major
}

/**
 * Libraries, and the tables of PROJ and GDAL. Not what only scripts of the packages need (Perl,
 * Python), nor the compiler behind `jit`, which is switched off and the largest of all.
 */
function isNeededToRun(name: string): boolean {
  if (name === 'proj-data' || name === 'gdal-data') return true
  return /^lib/.test(name) && !/^lib(llvm|z3|perl|python|gdbm|c-l10n)|-perl$/.test(name)
}

async function unpack(
  packagesDir: string,
  tree: string,
  progress: AptRun['progress'],
): Promise<void> {
  const files = await readdir(packagesDir)
  let reportAt = performance.now() + 3_000
  for (const [index, file] of files.entries()) {
    if (performance.now() > reportAt) {
      progress(`Unpacking: ${index} of ${files.length} packages.`)
      reportAt = performance.now() + 3_000
    }
    await run('dpkg-deb', ['-x', join(packagesDir, file), tree])
    await rm(join(packagesDir, file))
  }
}

/** Does what the scripts of the packages would have done, as far as PostgreSQL needs it. */
async function arrangePostgres(tree: string, major: number): Promise<void> {
  // An installed package gets this name by update-alternatives.
  const extensions = join(tree, 'usr/share/postgresql', String(major), 'extension')
  await symlink('postgis-3.control', join(extensions, 'postgis.control')).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    },
  )
  // Without its library, and that compiler is not there, asking for `jit` would be an error; without
  // itself, it is quietly ignored.
  await rm(join(tree, 'usr/lib/postgresql', String(major), 'lib/llvmjit.so'), { force: true })
}

/** Looks whether all libraries are there, in a data directory that has nothing but the tree. */
async function checkLibraries(draft: string, withPostgres: boolean): Promise<void> {
  const programs: string[] = []
  if (withPostgres) {
    const found = await findPostgres({ dataDir: draft, searchPaths: [] })
    if (found === undefined) throw new EmbeddedError('The packages hold no PostgreSQL.')
    programs.push(join(found.binDir, 'postgres'), join(found.binDir, '../lib/postgis-3.so'))
  }
  const converter = await findOgr2ogr({ dataDir: draft, searchPaths: [] })
  if (converter !== undefined) programs.push(converter.path)
  else if (!withPostgres) throw new EmbeddedError('The packages hold no ogr2ogr.')
  const environment = await runtimeEnvironment(runtimeDir(draft))
  const { stdout } = await run('ldd', programs, { env: { PATH: '/usr/bin:/bin', ...environment } })
  const absent = [...stdout.matchAll(/^\s*(\S+) => not found/gm)].map((match) => match[1])
  if (absent.length === 0) return
  throw new EmbeddedError(
    `The packages that apt named do not hold all that is needed: ${absent.join(', ')}.`,
  )
}

async function removeDrafts(dataDir: string): Promise<void> {
  const drafts = (await readdir(dataDir)).filter((name) => name.startsWith(draftPrefix))
  for (const name of drafts) await rm(join(dataDir, name), { recursive: true, force: true })
}
