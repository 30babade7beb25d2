import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { checksumOf } from './base62.ts'
import { defaultPublicToken, mintToken, tokenKindOf, tokenShapes } from './token.ts'

const alphanumeric = [...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz']

describe.each([
  ['master', 'pstm', 40],
  ['regular', 'pstr', 32],
] as const)('a %s token', (kind, prefix, length) => {
  const token = mintToken(kind, randomBytes)

  it(`is ${length} letters and digits that begin with ${prefix}`, () => {
    expect(token).toMatch(/^[0-9A-Za-z]+$/)
    expect(token).toHaveLength(length)
    expect(token.startsWith(prefix)).toBe(true)
  })

  it('is recognised for what it is', () => {
    expect(tokenKindOf(token)).toBe(kind)
  })

  it('holds at least 128 random bits', () => {
    const bits = tokenShapes[kind].randomLength * Math.log2(alphanumeric.length)
    expect(bits).toBeGreaterThanOrEqual(128)
  })

  it('differs each time', () => {
    const tokens = Array.from({ length: 1_000 }, () => mintToken(kind, randomBytes))
    expect(new Set(tokens).size).toBe(tokens.length)
  })

  it('is refused once any one character of it is another', () => {
    const accepted = [...token].flatMap((original, index) =>
      [...alphanumeric, '-', '_', ' ', '\n', 'é']
        .filter((character) => character !== original)
        .map((character) => token.slice(0, index) + character + token.slice(index + 1))
        .filter((changed) => tokenKindOf(changed) !== undefined),
    )
    expect(accepted).toEqual([])
  })

  it('is refused with anything but letters and digits, even with the right checksum', () => {
    for (const character of ['-', '_', ' ', '\n', '\0', 'é', '%']) {
      const body = prefix + character.repeat(tokenShapes[kind].randomLength)
      expect(tokenKindOf(body + checksumOf(body))).toBeUndefined()
    }
  })

  it('is refused when two neighbours have changed places', () => {
    for (let index = 0; index + 1 < token.length; index += 1) {
      const [a, b] = [token.charAt(index), token.charAt(index + 1)]
      if (a === b) continue
      expect(tokenKindOf(token.slice(0, index) + b + a + token.slice(index + 2))).toBeUndefined()
    }
  })

  it.each([
    ['shortened', token.slice(0, -1)],
    ['lengthened', `${token}0`],
    ['with a line break behind it', `${token}\n`],
    ['in another case', token.toLowerCase()],
    ['without its prefix', token.slice(prefix.length)],
  ])('is refused %s', (_, text) => {
    expect(tokenKindOf(text)).toBeUndefined()
  })
})

describe('the default public token', () => {
  it('is a literal, recognised exactly as it is written', () => {
    expect(tokenKindOf(defaultPublicToken)).toBe('default')
    expect(tokenKindOf('Default_public')).toBeUndefined()
    expect(tokenKindOf('default_public ')).toBeUndefined()
  })
})

describe('rubbish', () => {
  it.each(['', '1234', 'default', '__proto__', 'constructor', 'pstm', 'pstr', 'x'.repeat(100_000)])(
    'is no token (%#)',
    (text) => {
      expect(tokenKindOf(text)).toBeUndefined()
    },
  )
})
