import { createHmac } from 'node:crypto'
import type { RandomBytes } from './base62.ts'

/**
 * One generation of secrets: `indexKey` makes the HMAC a token is found by, `sealingKey` is the
 * AES-256-GCM key of everything kept sealed.
 */
export type RingKey = {
  readonly id: string
  readonly indexKey: Buffer
  readonly sealingKey: Buffer
}

/**
 * The keys in use. New values are made with `current`; while a rotation is under way the older
 * keys still open what they made.
 */
export type KeyRing = {
  readonly current: RingKey
  readonly keys: readonly RingKey[]
}

/** A new key with a random id. */
export function newRingKey(randomBytes: RandomBytes): RingKey {
  return {
    id: Buffer.from(randomBytes(6)).toString('hex'),
    indexKey: Buffer.from(randomBytes(32)),
    sealingKey: Buffer.from(randomBytes(32)),
  }
}

/** Finds the key with this id; throws when the ring has lost it. */
export function getRingKey(ring: KeyRing, id: string): RingKey {
  const key = ring.keys.find((candidate) => candidate.id === id)
  if (key === undefined) {
    throw new Error(
      `The key ring has no key '${id}'. Restore the key file that this database was used with.`,
    )
  }
  return key
}

/** The value that a token is found by. Without the key nobody can confirm a guessed token. */
export function tokenIndex(key: RingKey, token: string): Buffer {
  return createHmac('sha256', key.indexKey).update(token).digest()
}

/** The key file's text. */
export function formatKeyRing(ring: KeyRing): string {
  const keys = ring.keys.map((key) => ({
    id: key.id,
    index_key: key.indexKey.toString('base64'),
    sealing_key: key.sealingKey.toString('base64'),
  }))
  return `${JSON.stringify({ current: ring.current.id, keys }, null, 2)}\n`
}

/** Reads what formatKeyRing wrote. Throws a sentence about what is wrong, never with key material. */
export function parseKeyRing(text: string): KeyRing {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Error('The key file is not JSON.')
  }
  const file = value as { current?: unknown; keys?: unknown }
  if (typeof file !== 'object' || file === null || !Array.isArray(file.keys)) {
    throw new Error('The key file has no list "keys".')
  }
  const keys = file.keys.map((entry: Record<string, unknown> | null): RingKey => {
    const { id, index_key, sealing_key } = entry ?? {}
    if (
      typeof id !== 'string' ||
      typeof index_key !== 'string' ||
      typeof sealing_key !== 'string'
    ) {
      throw new Error('A key in the key file lacks "id", "index_key" or "sealing_key".')
    }
    const indexKey = Buffer.from(index_key, 'base64')
    const sealingKey = Buffer.from(sealing_key, 'base64')
    if (indexKey.length !== 32 || sealingKey.length !== 32) {
      throw new Error(`The key '${id}' in the key file does not have 32 bytes twice.`)
    }
    return { id, indexKey, sealingKey }
  })
  const current = keys.find((key) => key.id === file.current)
  if (current === undefined) throw new Error('The key file\'s "current" names none of its keys.')
  return { current, keys }
}
