import { constants } from 'node:fs'
import { type FileHandle, lchown, lstat, mkdir, mkdtemp, open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ConverterUser } from './run-converter.ts'

/**
 * Makes a directory for one export that nobody else can look into. Its name begins with the number
 * of this process, so that a later start can tell what a crash has left.
 */
export async function createExportDirectory(root: string): Promise<string> {
  // Whoever a converter runs as passes through it, and sees no names there.
  await mkdir(root, { recursive: true, mode: 0o711 })
  return mkdtemp(join(root, `${process.pid}-`))
}

/** Makes the directory of an export, and the files in it, those of the user who converts them. */
export async function giveExportDirectory(directory: string, user: ConverterUser): Promise<void> {
  for (const name of await readdir(directory)) {
    await lchown(join(directory, name), user.uid, user.gid)
  }
  await lchown(directory, user.uid, user.gid)
}

/**
 * Opens what a converter has made. Whoever takes it over can put anything there, and we may read
 * more than it: nothing but a file of its own counts. Throws for anything else.
 */
export async function openConverted(
  path: string,
  user: ConverterUser | undefined,
): Promise<{ handle: FileHandle; bytes: number }> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants
  const handle = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  const entry = await handle.stat()
  if (entry.isFile() && (user === undefined || entry.uid === user.uid)) {
    return { handle, bytes: entry.size }
  }
  await handle.close()
  throw new Error('A converter left something that is not a file of its own.')
}

/**
 * Removes what servers that were killed have left: directories of processes that do not live, and
 * those under our own number, which were somebody else's before it was ours. Call it before the
 * first export.
 */
export async function removeLeftExports(root: string): Promise<void> {
  const names = await readdir(root).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  for (const name of names) {
    const processId = Number(/^(\d+)-/.exec(name)?.[1])
    if (processId !== process.pid && isAlive(processId)) continue
    await rm(join(root, name), { recursive: true, force: true })
  }
}

/** How many bytes the files of a directory have. Files may come and go meanwhile. */
export async function sizeOfDirectory(path: string): Promise<number> {
  const names = await readdir(path, { recursive: true }).catch(() => [])
  const sizes = await Promise.all(
    names.map((name) =>
      lstat(join(path, name)).then(
        (entry) => (entry.isFile() ? entry.size : 0),
        () => 0,
      ),
    ),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}

function isAlive(processId: number): boolean {
  if (!(processId > 0)) return false
  try {
    process.kill(processId, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
