import type { RandomBytes } from './base62.ts'
import { formatKeyRing, type KeyRing, newRingKey, parseKeyRing } from './key-ring.ts'
import { createSecretFile, readSecretFile, replaceSecretFile } from './secret-file.ts'

/** Reads the key file, or makes it (mode 0600) when there is none. Throws when others can read it. */
export async function loadKeyFile(path: string, randomBytes: RandomBytes): Promise<KeyRing> {
  const existing = await readKeyFile(path)
  if (existing !== undefined) return existing
  const current = newRingKey(randomBytes)
  return parseKeyRing(await createSecretFile(path, formatKeyRing({ current, keys: [current] })))
}

/** Reads the key file; undefined when there is none. */
export async function readKeyFile(path: string): Promise<KeyRing | undefined> {
  const text = await readSecretFile(path)
  return text === undefined ? undefined : parseKeyRing(text)
}

/** Replaces the key file in one step: a crash leaves the old file or the new one, whole. */
export async function replaceKeyFile(path: string, ring: KeyRing): Promise<void> {
  await replaceSecretFile(path, formatKeyRing(ring))
}
