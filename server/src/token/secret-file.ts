import { randomUUID } from 'node:crypto'
import { link, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/**
 * Reads a file that holds a secret; undefined when there is none. Throws when others can read it: a
 * secret that was ever readable by others has to be looked at by a person.
 */
export async function readSecretFile(path: string): Promise<string | undefined> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (file === undefined) return undefined
  try {
    // Of the file that was opened: what the path means can change in between.
    const { mode } = await file.stat()
    if ((mode & 0o077) !== 0) {
      throw new Error(
        `The file ${path} holds a secret and can be read by others. Run: chmod 600 ${path}`,
      )
    }
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

/**
 * Makes the file (mode 0600) with this text unless there is one, and returns what it says then: of
 * two processes that race, both get the text of the one that came first.
 */
export async function createSecretFile(path: string, text: string): Promise<string> {
  const temporary = await writeTemporary(path, text)
  try {
    await link(temporary, path)
    await syncDirectory(dirname(path))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await rm(temporary)
  }
  return (await readSecretFile(path)) ?? text
}

/** Replaces the file (mode 0600) in one step: a crash leaves the old text or the new one, whole. */
export async function replaceSecretFile(path: string, text: string): Promise<void> {
  const temporary = await writeTemporary(path, text)
  try {
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary)
    throw error
  }
  await syncDirectory(dirname(path))
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
