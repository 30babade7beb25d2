import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { mintRecoveryCode, readRecoveryCode } from './recovery-code.ts'

it('is read as it was made, and as people type it', () => {
  const code = mintRecoveryCode(randomBytes)
  expect(code).toMatch(/^[0-9a-hjkmnp-tv-z]{4}(-[0-9a-hjkmnp-tv-z]{4}){3}$/)
  expect(readRecoveryCode(code)).toBe(code)
  expect(readRecoveryCode(` ${code.replaceAll('-', ' ').toUpperCase()} `)).toBe(code)
  expect(readRecoveryCode('oil0-oil0-oil0-oil0')).toBe('0110-0110-0110-0110')
})

it.each(['', '123456', 'u000-0000-0000-0000', '0000-0000-0000-00000', 'é000-0000-0000-0000'])(
  'is not %j',
  (text) => {
    expect(readRecoveryCode(text)).toBeUndefined()
  },
)
