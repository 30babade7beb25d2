import type { RandomBytes } from './base62.ts'

/** Of Crockford's Base32: digits and letters that nobody takes for one another. 32, so every byte does. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
/** 80 random bits. */
const length = 16

/** A code that stands in for a second factor once, in groups of four. */
export function mintRecoveryCode(randomBytes: RandomBytes): string {
  const text = Array.from(randomBytes(length), (byte) => alphabet.charAt(byte % alphabet.length))
  return text.join('').replace(/(.{4})(?=.)/g, '$1-')
}

/** A recovery code as it was made, however somebody typed it; undefined when it can be none. */
export function readRecoveryCode(text: string): string | undefined {
  const letters = text.toLowerCase().replace(/[\s-]/g, '').replace(/o/g, '0').replace(/[il]/g, '1')
  if (letters.length !== length) return undefined
  if ([...letters].some((letter) => !alphabet.includes(letter))) return undefined
  return letters.replace(/(.{4})(?=.)/g, '$1-')
}
