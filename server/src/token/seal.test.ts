import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { newRingKey } from './key-ring.ts'
import { openSealed, seal } from './seal.ts'

const key = newRingKey(randomBytes)
const secret = 'correct-horse-battery-staple'
const row = 'api_key:1:token'
const envelope = seal(key, secret, row, randomBytes)

describe('a sealed value', () => {
  it('opens with its key, for its row, whatever the text is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (text, boundTo) => {
        expect(openSealed(key, seal(key, text, boundTo, randomBytes), boundTo)).toBe(text)
      }),
    )
  })

  it('shows nothing of the text, and is another each time', () => {
    expect(envelope.includes(secret.slice(0, 4))).toBe(false)
    expect(seal(key, secret, row, randomBytes)).not.toEqual(envelope)
  })

  it('does not open when it was moved to another row or column', () => {
    expect(() => openSealed(key, envelope, 'api_key:2:token')).toThrow()
    expect(() => openSealed(key, envelope, 'api_key:1:password')).toThrow()
    expect(() => openSealed(key, envelope, '')).toThrow()
  })

  it('does not open with another key', () => {
    expect(() => openSealed(newRingKey(randomBytes), envelope, row)).toThrow()
    const indexed = { ...key, sealingKey: key.indexKey }
    expect(() => openSealed(indexed, envelope, row)).toThrow()
  })

  it('does not open when any bit of it has flipped', () => {
    for (let bit = 0; bit < envelope.length * 8; bit += 1) {
      const damaged = Buffer.from(envelope)
      damaged.writeUInt8(damaged.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      expect(() => openSealed(key, damaged, row), `bit ${bit}`).toThrow()
    }
  })

  it('does not open when it was cut off anywhere, or added to', () => {
    for (let length = 0; length < envelope.length; length += 1) {
      expect(() => openSealed(key, envelope.subarray(0, length), row), `${length}`).toThrow()
      expect(() => openSealed(key, envelope.subarray(length + 1), row), `-${length}`).toThrow()
    }
    expect(() => openSealed(key, Buffer.concat([envelope, Buffer.alloc(1)]), row)).toThrow()
  })
})
