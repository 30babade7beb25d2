import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Makes a directory for one export that nobody else can look into. Its name begins with the number
 * of this process, so that a later start can tell what a crash has left.
 */
export async function createExportDirectory(root: string): Promise<string> {
  await mkdir(root, { recursive: true, mode: 0o700 })
  return mkdtemp(join(root, `${process.pid}-`))
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
      stat(join(path, name)).then(
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
