import { execFile, spawn } from 'node:child_process'
import { promisify } from 'node:util'
import { EmbeddedError } from './embedded-error.ts'

const run = promisify(execFile)

/**
 * Whom the processes of a cluster run as, in the form that `spawn` takes: empty means "as we do".
 * PostgreSQL refuses to run as root, so for root it is always somebody else.
 */
export type ClusterOwner = { readonly uid?: number; readonly gid?: number }

/**
 * The owner for a cluster whose data directory belongs to `existing` (undefined when there is none
 * yet). Throws `EmbeddedError` when this process may not act for that owner.
 */
export async function getClusterOwner(
  existing: { uid: number; gid: number } | undefined,
): Promise<ClusterOwner> {
  const ourUid = process.getuid?.()
  if (ourUid === 0) {
    if (existing !== undefined && existing.uid !== 0) {
      return { uid: existing.uid, gid: existing.gid }
    }
    return await getPostgresUser()
  }
  if (existing !== undefined && ourUid !== undefined && existing.uid !== ourUid) {
    throw new EmbeddedError(
      `The database files belong to the user with id ${existing.uid}, and this is ${ourUid}. ` +
        'Start Postern as the user who started it first, or with another POSTERN_DATA_DIR.',
    )
  }
  return {}
}

/** True when the owner can pass through every directory on the way into this one. */
export function canEnter(owner: ClusterOwner, dir: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = spawn('/bin/sh', ['-c', 'cd -- "$1"', 'sh', dir], {
      ...owner,
      cwd: '/',
      env: {},
      stdio: 'ignore',
    })
    probe.once('error', () => resolve(false))
    probe.once('exit', (code) => resolve(code === 0))
  })
}

async function getPostgresUser(): Promise<ClusterOwner> {
  try {
    const [uid, gid] = await Promise.all([
      run('id', ['-u', 'postgres']),
      run('id', ['-g', 'postgres']),
    ])
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
  } catch (cause) {
    throw new EmbeddedError(
      'PostgreSQL does not run as root, and there is no user named postgres to run it as. ' +
        'Make one (useradd --system postgres), or start Postern as an ordinary user.',
      { cause },
    )
  }
}
