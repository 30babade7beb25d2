import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { findOneTimeStep, newOneTimeSecret, oneTimeAddress } from './one-time-codes.ts'

/** The key of RFC 6238, appendix B, and the last six digits of its first codes. */
const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
const at = (seconds: number) => new Date(seconds * 1_000)

describe('a one-time code', () => {
  it.each([
    [59, '287082', 1],
    [1_111_111_109, '081804', 37_037_036],
    [20_000_000_000, '353130', 666_666_666],
  ])('is the one of RFC 6238 at %i seconds', (seconds, code, step) => {
    expect(findOneTimeStep(secret, code, at(seconds))).toBe(step)
  })

  it('may be one step early or late, and no more', () => {
    const found = [0, 30, 60, 90, 120].map((seconds) =>
      findOneTimeStep(secret, '287082', at(seconds)),
    )
    expect(found).toEqual([1, 1, 1, undefined, undefined])
  })

  it.each(['', '28708', '2870820', '287 82', '２８７０８２', 'abcdef', '287082\n'])(
    'is not %j',
    (code) => {
      expect(findOneTimeStep(secret, code, at(59))).toBeUndefined()
    },
  )
})

it('hands an app the secret and what to call it', () => {
  const made = newOneTimeSecret(randomBytes)
  expect(made).toMatch(/^[A-Z2-7]{32}$/)
  expect(newOneTimeSecret(randomBytes)).not.toBe(made)
  const address = new URL(oneTimeAddress(made, { issuer: 'Postern x', label: 'demo/Ann & co' }))
  expect(address.protocol).toBe('otpauth:')
  expect(decodeURIComponent(address.pathname)).toContain('Postern x:demo/Ann & co')
  expect(Object.fromEntries(address.searchParams)).toMatchObject({ secret: made, digits: '6' })
})
