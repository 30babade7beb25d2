import { mkdir, rm, writeFile } from 'node:fs/promises'
import {
  fetchPackageLists,
  findMajor,
  getDownloadBytes,
  getMajorFromMirrors,
  listMissingPackages,
  megabytes,
  nameOfPackage,
  ogr2ogrPackage,
} from './postgis-package.ts'
import { AptError, type AptRun, runApt } from './run-apt.ts'

const apt = {
  get: ['apt-get', '-y', '-o', 'DPkg::Lock::Timeout=120', '-o', 'Dpkg::Use-Pty=0'],
  cache: ['apt-cache'],
}

/**
 * Installs PostgreSQL with PostGIS on this machine, as root. No cluster of the distribution is
 * created, started, stopped or otherwise touched.
 */
export async function installWithApt(options: {
  dataDir: string
  progress: AptRun['progress']
}): Promise<void> {
  const { dataDir, progress } = options
  progress('PostgreSQL with PostGIS is not on this machine. Installing it with apt-get.')
  const known = await findMajor(apt.cache, dataDir, progress)
  const major = known ?? (await getMajorFromMirrors(apt, dataDir, progress))
  try {
    await install(nameOfPackage(major), progress)
  } catch (error) {
    // Package lists from long ago name files that the mirrors no longer have.
    const isStale = error instanceof AptError && /Failed to fetch|404 +Not Found/.test(error.output)
    if (!isStale) throw error
    progress('The package lists are out of date. Fetching them with apt-get.')
    const newer = await getMajorFromMirrors(apt, dataDir, progress)
    await install(nameOfPackage(newer), progress)
  }
}

/** Installs ogr2ogr, with which the SQL API writes some of its formats, as root. */
export async function installOgr2ogrWithApt(progress: AptRun['progress']): Promise<void> {
  progress('ogr2ogr is not on this machine. Installing it with apt-get.')
  try {
    await install(ogr2ogrPackage, progress)
  } catch (error) {
    if (!(error instanceof AptError)) throw error
    // Where there are no package lists, or only those from long ago.
    progress('Fetching package lists with apt-get.')
    await fetchPackageLists(apt.get, progress)
    await install(ogr2ogrPackage, progress)
  }
}

async function install(name: string, progress: AptRun['progress']): Promise<void> {
  const missing = await listMissingPackages(apt.get, name, progress)
  const command = [...apt.get, 'install', '--no-install-recommends', name]
  const bytes = await getDownloadBytes(command, progress)
  progress(
    `Installing ${name} and what it needs: ${missing.length} packages, ` +
      `${megabytes(bytes)} to download.`,
  )
  await withoutDefaultCluster(() =>
    runApt(command, { doing: 'Installing', packages: missing.length, progress }),
  )
  progress(`Installed ${name}.`)
}

const dropInDir = '/etc/postgresql-common/createcluster.d'
const dropInPath = `${dropInDir}/postern.conf`
const policyPath = '/usr/sbin/policy-rc.d'

/**
 * While `work` runs, Debian's scripts neither create a default cluster for a new version nor start
 * the service "postgresql", which would also start clusters that the operator keeps stopped.
 */
async function withoutDefaultCluster(work: () => Promise<unknown>): Promise<void> {
  await mkdir(dropInDir, { recursive: true })
  await writeFile(
    dropInPath,
    '# Present only while Postern installs PostgreSQL.\ncreate_main_cluster = false\n',
  )
  const ourPolicy = await writePolicy()
  try {
    await work()
  } finally {
    await rm(dropInPath, { force: true })
    if (ourPolicy) await rm(policyPath, { force: true })
  }
}

/**
 * False when there is a policy already, which stays as it is. Ours concerns one service, and only
 * for as long as this process lives: if it is killed here, what it leaves has no effect.
 */
async function writePolicy(): Promise<boolean> {
  const policy = `#!/bin/sh
# Present only while Postern (process ${process.pid}) installs PostgreSQL.
if [ "$1" = postgresql ] && kill -0 ${process.pid} 2>/dev/null; then exit 101; fi
exit 0
`
  try {
    await writeFile(policyPath, policy, { mode: 0o755, flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}
