import { randomUUID } from 'node:crypto'
import { link, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { RandomBytes } from './base62.ts'
import { formatKeyRing, type KeyRing, newRingKey, parseKeyRing } from './key-ring.ts'

/**
 * Reads the key file, or makes it (mode 0600) when there is none. Throws when others can read it:
 * a key file that was ever readable by others has to be looked at by a person.
 */
export async function loadKeyFile(path: string, randomBytes: RandomBytes): Promise<KeyRing> {
  const existing = await readKeyFile(path)
  if (existing !== undefined) return existing
  const current = newRingKey(randomBytes)
  const ring: KeyRing = { current, keys: [current] }
  await writeNew(path, formatKeyRing(ring))
  // Two processes may have raced: what the file says now is what both use.
  return (await readKeyFile(path)) ?? ring
}

/** Reads the key file; undefined when there is none. */
export async function readKeyFile(path: string): Promise<KeyRing | undefined> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (file === undefined) return undefined
  try {
    // Of the file that was opened: what the path means can change in between.
    const { mode } = await file.stat()
    if ((mode & 0o077) !== 0) {
      throw new Error(`The key file ${path} can be read by others. Run: chmod 600 ${path}`)
    }
    return parseKeyRing(await file.readFile('utf8'))
  } finally {
    await file.close()
  }
}

/** Replaces the key file in one step: a crash leaves the old file or the new one, whole. */
export async function replaceKeyFile(path: string, ring: KeyRing): Promise<void> {
  const temporary = await writeTemporary(path, formatKeyRing(ring))
  try {
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary)
    throw error
  }
  await syncDirectory(dirname(path))
}

async function writeNew(path: string, text: string): Promise<void> {
  const temporary = await writeTemporary(path, text)
  try {
    await link(temporary, path)
    await syncDirectory(dirname(path))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await rm(temporary)
  }
}

async function writeTemporary(path: string, text: string): Promise<string> {
  const temporary = join(dirname(path), `.${randomUUID()}.tmp`)
  const file = await open(temporary, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  return temporary
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
