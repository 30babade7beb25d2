import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { EmbeddedError } from './embedded-error.ts'
import { findPostgres, runtimeDir } from './find-postgres.ts'
import {
  getDownloadBytes,
  getMajorFromMirrors,
  listMissingPackages,
  megabytes,
  nameOfPackage,
} from './postgis-package.ts'
import { type AptRun, runApt } from './run-apt.ts'

const run = promisify(execFile)

const draftPrefix = 'runtime.new-'

/**
 * Brings PostgreSQL with PostGIS without being root: Debian's packages are fetched and checked by
 * apt, and unpacked into `runtime` in the data directory. Nothing outside it changes. The tree
 * stands there only when it is complete. The caller holds the lock of the data directory.
 */
export async function unpackWithApt(options: {
  dataDir: string
  progress: AptRun['progress']
}): Promise<void> {
  const { dataDir, progress } = options
  const runtime = runtimeDir(dataDir)
  if (/[:;]/.test(runtime)) {
    throw new EmbeddedError(
      `PostgreSQL cannot be unpacked into ${runtime}: the path may hold neither ":" nor ";", ` +
        'because the list of library directories is divided by them.',
    )
  }
  progress(
    'PostgreSQL with PostGIS is not on this machine, and only root may install it. ' +
      `Unpacking Debian's packages into ${runtime} instead; nothing else is changed.`,
  )
  await removeDrafts(dataDir)
  const draft = await mkdtemp(join(dataDir, draftPrefix))
  try {
    const apt = await configureApt(join(draft, 'apt'))
    const packagesDir = join(draft, 'packages')
    const tree = join(draft, 'tree')
    await Promise.all([mkdir(packagesDir), mkdir(tree)])
    const major = await download(apt, packagesDir, options)
    await unpack(packagesDir, tree, major, progress)
    await rm(runtime, { recursive: true, force: true })
    await rename(tree, runtime)
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
  await checkLibraries(dataDir)
  progress(`Unpacked PostgreSQL with PostGIS into ${runtime}.`)
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

/** Fetches what this machine lacks; returns the major version of PostgreSQL. */
async function download(
  apt: Apt,
  packagesDir: string,
  { dataDir, progress }: { dataDir: string; progress: AptRun['progress'] },
): Promise<number> {
  const major = await getMajorFromMirrors(apt, dataDir, progress)
  const missing = await listMissingPackages(apt.get, nameOfPackage(major), progress)
  // These are needed in the tree even where a part of them is installed: PostgreSQL looks for its
  // extensions beside its own program.
  const always = [`postgresql-${major}`, nameOfPackage(major), `${nameOfPackage(major)}-scripts`]
  const names = [...new Set([...always, ...missing.filter(isNeededToRun)])]
  const command = [...apt.get, 'download', ...names]
  const bytes = await getDownloadBytes(command, progress)
  progress(`Downloading ${names.length} packages, ${megabytes(bytes)}.`)
  const doing = 'Downloading'
  await runApt(command, { doing, packages: names.length, progress, cwd: packagesDir })
  return major
}

/**
 * Libraries and coordinate systems. Not what only the scripts of packages need (perl), nor the
 * compiler behind `jit`, which is switched off and the largest of all.
 */
function isNeededToRun(name: string): boolean {
  if (name === 'proj-data') return true
  return /^lib/.test(name) && !/^lib(llvm|z3|perl|gdbm|c-l10n)|-perl$/.test(name)
}

async function unpack(
  packagesDir: string,
  tree: string,
  major: number,
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

async function checkLibraries(dataDir: string): Promise<void> {
  const found = await findPostgres({ dataDir, searchPaths: [] })
  if (found === undefined) {
    throw new EmbeddedError(`The packages in ${runtimeDir(dataDir)} hold no PostgreSQL.`)
  }
  const libraries = [join(found.binDir, 'postgres'), join(found.binDir, '../lib/postgis-3.so')]
  const { stdout } = await run('ldd', libraries, { env: { PATH: '/usr/bin:/bin', ...found.env } })
  const absent = [...stdout.matchAll(/^\s*(\S+) => not found/gm)].map((match) => match[1])
  if (absent.length > 0) {
    await rm(runtimeDir(dataDir), { recursive: true, force: true })
    throw new EmbeddedError(
      `The packages that apt named do not hold all that PostGIS needs: ${absent.join(', ')}.`,
    )
  }
}

async function removeDrafts(dataDir: string): Promise<void> {
  const drafts = (await readdir(dataDir)).filter((name) => name.startsWith(draftPrefix))
  for (const name of drafts) await rm(join(dataDir, name), { recursive: true, force: true })
}
