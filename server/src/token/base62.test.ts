import { crc32 } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { checksumOf, randomBase62 } from './base62.ts'

describe('randomBase62', () => {
  it('favours no character: bytes that would are thrown away', () => {
    // The eight bytes that are left over when 256 is divided among 62 characters come first.
    let next = 248
    const everyByteInTurn = (size: number) => Uint8Array.from({ length: size }, () => next++ % 256)

    const text = randomBase62(248, everyByteInTurn)

    const counts = new Map<string, number>()
    for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1)
    expect(counts.size).toBe(62)
    expect(new Set(counts.values())).toEqual(new Set([4]))
  })

  it('takes all of its randomness from the source it is given', () => {
    const zeros = (size: number) => new Uint8Array(size)
    expect(randomBase62(5, zeros)).toBe('00000')
  })
})

describe('checksumOf', () => {
  it('is the CRC-32 in six Base62 digits', () => {
    // The check value of CRC-32: 0xcbf43926 is 3421780262.
    expect(crc32('123456789')).toBe(0xcbf43926)
    expect(checksumOf('123456789')).toBe('3jZRME')
    expect(checksumOf('')).toBe('000000')
  })
})
