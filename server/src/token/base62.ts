import { crc32 } from 'node:zlib'

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** A source of random bytes; an argument so that tests can fix it. */
export type RandomBytes = (size: number) => Uint8Array

/**
 * `length` characters of Base62, each equally likely: bytes that would favour the first
 * characters are thrown away.
 */
export function randomBase62(length: number, randomBytes: RandomBytes): string {
  const limit = 256 - (256 % alphabet.length)
  let text = ''
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < limit && text.length < length) text += alphabet[byte % alphabet.length]
    }
  }
  return text
}

/** CRC-32 of `text` as six Base62 characters, most significant first. */
export function checksumOf(text: string): string {
  let value = crc32(text)
  let digits = ''
  for (let index = 0; index < 6; index += 1) {
    digits = alphabet.charAt(value % alphabet.length) + digits
    value = Math.floor(value / alphabet.length)
  }
  return digits
}
