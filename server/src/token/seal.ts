import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { RandomBytes } from './base62.ts'
import type { RingKey } from './key-ring.ts'

const nonceLength = 12
const tagLength = 16

/**
 * Seals `plaintext` with AES-256-GCM. `boundTo` names the row and column that the value belongs
 * to: an envelope moved to another row does not open.
 */
export function seal(
  key: RingKey,
  plaintext: string,
  boundTo: string,
  randomBytes: RandomBytes,
): Buffer {
  const nonce = randomBytes(nonceLength)
  const cipher = createCipheriv('aes-256-gcm', key.sealingKey, nonce)
  cipher.setAAD(Buffer.from(boundTo))
  const body = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()])
  return Buffer.concat([nonce, body, cipher.getAuthTag()])
}

/** Opens what `seal` made. Throws when the key, the row or a byte differs. */
export function openSealed(key: RingKey, envelope: Buffer, boundTo: string): string {
  const nonce = envelope.subarray(0, nonceLength)
  const tag = envelope.subarray(envelope.length - tagLength)
  const body = envelope.subarray(nonceLength, envelope.length - tagLength)
  const decipher = createDecipheriv('aes-256-gcm', key.sealingKey, nonce, {
    authTagLength: tagLength,
  })
  decipher.setAAD(Buffer.from(boundTo))
  decipher.setAuthTag(tag)
  return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8')
}
