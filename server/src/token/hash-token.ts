import { createHash } from 'node:crypto'

/**
 * What a token is found by when it never has to be shown again. No key is needed: of 131 random
 * bits, nobody finds the ones that have this hash.
 */
export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
