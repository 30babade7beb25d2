import { createHash, randomUUID } from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { EmbeddedError } from './embedded-error.ts'
import { findProcessIdentity } from './running-process.ts'

export type ServerLock = { release(): Promise<void> }

type LockHolder = { readonly pid: number; readonly identity: string }

/**
 * Makes this process the only one that works on a data directory, until `release`. A lock whose
 * holder has ended, however it ended, counts for nothing. Throws `EmbeddedError` while another
 * process holds it.
 */
export async function acquireServerLock(dataDir: string): Promise<ServerLock> {
  await mkdir(dataDir, { recursive: true })
  const path = join(dataDir, 'server.lock')
  const lock = await acquire(path)
  if (typeof lock !== 'number') return lock
  throw new EmbeddedError(
    `Another Postern (process ${lock}) already works on ${dataDir}. ` +
      'Stop it first, or start this one with another POSTERN_DATA_DIR.',
  )
}

/** The process that works on a data directory now; undefined when none does. */
export async function findLockHolder(dataDir: string): Promise<number | undefined> {
  const found = await readIfPresent(join(dataDir, 'server.lock'))
  const holder = found === undefined ? undefined : parseHolder(found)
  return holder !== undefined && isAlive(holder) ? holder.pid : undefined
}

/** The lock, or the process that holds it. */
async function acquire(path: string): Promise<ServerLock | number> {
  const identity = findProcessIdentity(process.pid)
  // Unlike any other lock that ever was, also of this process: see `removeStale`.
  const mine = JSON.stringify({ pid: process.pid, identity, nonce: randomUUID() })
  // Written aside and linked into place: nobody ever reads half a lock.
  const draft = `${path}.${randomUUID()}`
  await writeFile(draft, mine)
  try {
    while (!(await linkIfAbsent(draft, path))) {
      const found = await readIfPresent(path)
      if (found === undefined) continue
      const holder = parseHolder(found)
      if (holder !== undefined && isAlive(holder)) return holder.pid
      await removeStale(path, found)
    }
  } finally {
    await rm(draft, { force: true })
  }
  return {
    release: async () => {
      if ((await readIfPresent(path)) === mine) await rm(path, { force: true })
    },
  }
}

/**
 * Takes a stale lock away, and surely not the one that another starter has put in its place
 * meanwhile: to remove a lock, one must hold a second lock that is named by the content of the
 * first, and see that content again while holding it.
 */
async function removeStale(path: string, stale: string): Promise<void> {
  const name = createHash('sha256').update(stale).digest('hex').slice(0, 16)
  const right = await acquire(`${path}.${name}`)
  if (typeof right === 'number') {
    // Somebody else is about to remove it.
    await sleep(10)
    return
  }
  if ((await readIfPresent(path)) === stale) await rm(path, { force: true })
  await right.release()
}

function isAlive(holder: LockHolder): boolean {
  return findProcessIdentity(holder.pid) === holder.identity
}

function parseHolder(text: string): LockHolder | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed !== 'object' || parsed === null) return undefined
    if (!('pid' in parsed) || !('identity' in parsed)) return undefined
    const { pid, identity } = parsed
    return typeof pid === 'number' && typeof identity === 'string' ? { pid, identity } : undefined
  } catch {
    return undefined
  }
}

async function linkIfAbsent(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
