import { closeSync, copyFileSync, fstatSync, ftruncateSync, openSync } from 'node:fs'
import { mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'

/** The file that PostgreSQL writes its log to. */
export type ClusterLog = {
  readonly path: string
  /** Open for appending; handed to PostgreSQL, which therefore needs no right to the directory. */
  readonly fd: number
  size(): number
  /** What was written after the file had `offset` bytes; the last 64 KiB of it at most. */
  readSince(offset: number): Promise<string>
  close(): void
}

/**
 * Opens `log/postgres.log` in a data directory. Whenever it grows beyond `maxBytes`, it becomes
 * `postgres.log.1`, so that the two never hold much more than twice that.
 */
export async function openClusterLog(
  dataDir: string,
  options: { maxBytes?: number; checkEveryMs?: number } = {},
): Promise<ClusterLog> {
  const { maxBytes = 10 * 1024 * 1024, checkEveryMs = 10_000 } = options
  const dir = join(dataDir, 'log')
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const path = join(dir, 'postgres.log')
  const fd = openSync(path, 'a', 0o600)
  const size = () => fstatSync(fd).size
  const rotate = () => {
    if (size() <= maxBytes) return
    // The writer keeps its descriptor, so the file is emptied in place; since it appends, it goes
    // on at the new end.
    copyFileSync(path, `${path}.1`)
    ftruncateSync(fd)
  }
  rotate()
  const timer = setInterval(rotate, checkEveryMs)
  timer.unref()
  return {
    path,
    fd,
    size,
    readSince: (offset) => readTail(path, offset),
    close: () => {
      clearInterval(timer)
      closeSync(fd)
    },
  }
}

async function readTail(path: string, offset: number): Promise<string> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    // A rotation in between makes the file shorter than it was.
    const start = Math.max(size < offset ? 0 : offset, size - 64 * 1024)
    const buffer = Buffer.alloc(Math.max(0, size - start))
    await file.read(buffer, 0, buffer.length, start)
    return buffer.toString('utf8')
  } finally {
    await file.close()
  }
}
