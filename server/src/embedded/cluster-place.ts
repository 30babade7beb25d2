import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readlink,
  realpath,
  rmdir,
  stat,
  symlink,
} from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type ClusterOwner, canEnter, getClusterOwner } from './cluster-owner.ts'
import { EmbeddedError } from './embedded-error.ts'

/** Where a cluster lives and whom it belongs to. */
export type ClusterPlace = {
  /** The real path of the database files, which may not exist yet. */
  readonly pgDir: string
  readonly owner: ClusterOwner
}

/**
 * Decides where the cluster of a data directory lives: in `pg` inside it, unless the cluster's
 * owner cannot get there (a checkout in /root): then in a new directory under `systemDir`, to which
 * `pg` becomes a symbolic link. Whoever deletes the data directory starts anew.
 */
export async function prepareClusterPlace(options: {
  dataDir: string
  systemDir: string
  progress: (message: string) => void
}): Promise<ClusterPlace> {
  const { dataDir, systemDir, progress } = options
  const pointer = join(dataDir, 'pg')
  const home = dirname(await followPointer(pointer))
  const pgDir = join(home, 'pg')
  const owner = await getClusterOwner(await statIfPresent(pgDir))
  if (await canEnter(owner, home)) return { pgDir, owner }
  if (await lstatIfPresent(pointer)) {
    throw new EmbeddedError(
      `PostgreSQL runs as the user with id ${owner.uid}, who cannot reach ${home}. ` +
        'Let everybody pass through the directories above it (chmod o+x), and start again.',
    )
  }
  await mkdir(systemDir, { recursive: true, mode: 0o755 })
  const elsewhere = await mkdtemp(join(await realpath(systemDir), 'cluster-'))
  await giveTo(owner, elsewhere, 0o700)
  if (!(await canEnter(owner, elsewhere))) {
    await rmdir(elsewhere)
    throw new EmbeddedError(
      `PostgreSQL runs as the user with id ${owner.uid}, who can reach neither ${dataDir} ` +
        `nor ${systemDir}. Start with a POSTERN_DATA_DIR that everybody can pass into.`,
    )
  }
  await symlink(join(elsewhere, 'pg'), pointer)
  progress(
    `PostgreSQL does not run as root, and its user cannot enter ${dataDir}: ` +
      `the database files go to ${elsewhere} instead.`,
  )
  return { pgDir: join(elsewhere, 'pg'), owner }
}

// PostgreSQL's own limit on the path of a socket (the size of sun_path, less its final NUL).
const maxSocketPathBytes = process.platform === 'darwin' ? 103 : 107

/**
 * The private directory for the cluster's socket: `run` beside its files, or, where that path would
 * be too long for a socket, `previous` or a new directory under `tmpDir`.
 */
export async function prepareSocketDir(options: {
  place: ClusterPlace
  tmpDir: string
  previous: string | undefined
}): Promise<string> {
  const { place, tmpDir, previous } = options
  const usual = join(dirname(place.pgDir), 'run')
  if (Buffer.byteLength(join(usual, '.s.PGSQL.65535')) <= maxSocketPathBytes) {
    await mkdir(usual, { recursive: true, mode: 0o700 })
    await giveTo(place.owner, usual, 0o700)
    return usual
  }
  if (previous !== undefined && (await isPrivate(previous, place.owner))) return previous
  const short = await mkdtemp(join(tmpDir, 'postern-'))
  await giveTo(place.owner, short, 0o700)
  return short
}

/** Takes away a socket directory that `prepareSocketDir` made outside the data directory. */
export async function removeSocketDir(place: ClusterPlace, socketDir: string): Promise<void> {
  if (socketDir === join(dirname(place.pgDir), 'run')) return
  // Only if it is empty: nothing in it is ours to delete.
  await rmdir(socketDir).catch(() => undefined)
}

/** Makes the owner, and nobody else, the one who may use a directory. */
export async function giveTo(owner: ClusterOwner, path: string, mode: number): Promise<void> {
  await chmod(path, mode)
  if (owner.uid !== undefined && owner.gid !== undefined) await chown(path, owner.uid, owner.gid)
}

/** The database files' real path, also while there is only the link to them. */
async function followPointer(pointer: string): Promise<string> {
  const isLink = (await lstatIfPresent(pointer))?.isSymbolicLink() === true
  const target = isLink ? await readlink(pointer) : pointer
  try {
    return join(await realpath(dirname(target)), 'pg')
  } catch (cause) {
    throw new EmbeddedError(
      `The database files should be in ${dirname(target)}, to which ${pointer} points, ` +
        'but that directory cannot be reached. Bring it back, or delete the link to start anew.',
      { cause },
    )
  }
}

async function isPrivate(dir: string, owner: ClusterOwner): Promise<boolean> {
  const found = await lstatIfPresent(dir)
  if (found === undefined || !found.isDirectory()) return false
  return found.uid === (owner.uid ?? process.getuid?.()) && (found.mode & 0o777) === 0o700
}

async function statIfPresent(path: string) {
  return await stat(path).catch(undefinedIfAbsent)
}

async function lstatIfPresent(path: string) {
  return await lstat(path).catch(undefinedIfAbsent)
}

function undefinedIfAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined
  if (error.code !== 'EACCES') throw error
  throw new EmbeddedError(
    `This user may not look at ${error.path}. Start Postern as the user who started it first, ` +
      'or with another POSTERN_DATA_DIR.',
    { cause: error },
  )
}
