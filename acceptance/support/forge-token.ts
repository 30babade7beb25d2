import { randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** A token that nobody was given, in the published form: prefix, random Base62, CRC-32. */
export function forgeToken(kind: 'master' | 'regular'): string {
  const [prefix, length] = kind === 'master' ? ['pstm', 30] : ['pstr', 22]
  const random = [...randomBytes(length)].map((byte) => alphabet[byte % alphabet.length]).join('')
  return withChecksum(prefix + random)
}

/** Ends `body` with the checksum that makes it look like a token. */
export function withChecksum(body: string): string {
  let digits = ''
  for (let value = crc32(body), index = 0; index < 6; index += 1) {
    digits = alphabet.charAt(value % alphabet.length) + digits
    value = Math.floor(value / alphabet.length)
  }
  return body + digits
}
