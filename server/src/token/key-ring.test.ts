import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { formatKeyRing, getRingKey, newRingKey, parseKeyRing, tokenIndex } from './key-ring.ts'

const older = newRingKey(randomBytes)
const current = newRingKey(randomBytes)
const ring = { current, keys: [current, older] }

describe('a key ring', () => {
  it('survives being written and read', () => {
    expect(parseKeyRing(formatKeyRing(ring))).toEqual(ring)
  })

  it('gives a key by its id', () => {
    expect(getRingKey(ring, older.id)).toBe(older)
  })

  it('says which key it has lost, and what to do', () => {
    expect(() => getRingKey(ring, 'c0ffee')).toThrow(/no key 'c0ffee'.*Restore the key file/)
  })

  it('has keys of 32 bytes that are no two alike', () => {
    const keys = [older, current].flatMap((key) => [key.indexKey, key.sealingKey])
    expect(keys.map((key) => key.length)).toEqual([32, 32, 32, 32])
    expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(4)
  })
})

describe('parseKeyRing', () => {
  const material = randomBytes(32).toString('base64')
  const key = { id: 'a', index_key: material, sealing_key: material }
  const file = (content: unknown) => JSON.stringify(content)

  it.each([
    ['nothing', '', 'is not JSON'],
    [
      'a file that was cut off',
      `{"current":"a","keys":[{"id":"a","index_key":"${material}`,
      'JSON',
    ],
    ['a number', '7', 'no list "keys"'],
    ['null', 'null', 'no list "keys"'],
    ['a list', file([key]), 'no list "keys"'],
    ['a ring without keys', file({ current: 'a' }), 'no list "keys"'],
    ['a key that is null', file({ current: 'a', keys: [null] }), 'lacks "id"'],
    ['a key that is text', file({ current: 'a', keys: [material] }), 'lacks "id"'],
    ['a key without an id', file({ current: 'a', keys: [{ ...key, id: 7 }] }), 'lacks "id"'],
    [
      'a key without a half',
      file({ current: 'a', keys: [{ id: 'a', index_key: material }] }),
      'lacks "id"',
    ],
    [
      'a key that is too short',
      file({ current: 'a', keys: [{ ...key, sealing_key: material.slice(0, 20) }] }),
      "key 'a' in the key file does not have 32 bytes",
    ],
    ['an unknown current key', file({ current: 'b', keys: [key] }), '"current" names none'],
    ['no current key', file({ keys: [key] }), '"current" names none'],
  ])('refuses %s with a sentence that shows no key', (_, text, sentence) => {
    const refusal = errorOf(() => parseKeyRing(text))
    expect(refusal.message).toContain(sentence)
    for (let start = 0; start + 8 <= material.length; start += 1) {
      expect(refusal.message).not.toContain(material.slice(start, start + 8))
    }
    // A cause would be logged with the error.
    expect(refusal.cause).toBeUndefined()
  })
})

describe('tokenIndex', () => {
  it('finds a token again', () => {
    expect(tokenIndex(current, 'a token')).toEqual(tokenIndex(current, 'a token'))
  })

  it('is another for another token, and under another key', () => {
    const index = tokenIndex(current, 'a token')
    expect(tokenIndex(current, 'a token ')).not.toEqual(index)
    expect(tokenIndex(older, 'a token')).not.toEqual(index)
  })

  it('does not depend on the key that seals', () => {
    const resealed = { ...current, sealingKey: older.sealingKey }
    expect(tokenIndex(resealed, 'a token')).toEqual(tokenIndex(current, 'a token'))
  })
})

function errorOf(work: () => unknown): Error {
  try {
    work()
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new Error('It was not refused.')
}
