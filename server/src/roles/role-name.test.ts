import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { isDatabaseOf, isRoleOf, newDatabaseName, newRoleName } from './role-name.ts'

describe('names', () => {
  it('say whose they are and nothing else', () => {
    const role = newRoleName('abc123', randomBytes)
    expect(role).toMatch(/^postern_abc123_[0-9a-z]{16}$/)
    expect(isRoleOf('abc123', role)).toBe(true)
    expect(isDatabaseOf('abc123', newDatabaseName('abc123', randomBytes))).toBe(true)
  })

  it.each([
    'postgres',
    'postern_abc123_',
    'postern_abc123_0123456789abcde',
    'postern_abc123_0123456789abcdef0',
    'postern_abc123_0123456789ABCDEF',
    'postern_abc124_0123456789abcdef',
    'x_postern_abc123_0123456789abcdef',
    'postern_abc123_0123456789abcde\n',
  ])('do not take %j for ours', (name) => {
    expect(isRoleOf('abc123', name)).toBe(false)
    expect(isDatabaseOf('abc123', name)).toBe(false)
  })

  it('favour no character: bytes that do not divide evenly are thrown away', () => {
    const bytes = [255, 254, 253, 252, 0, 1, 35, 36, 251]
    const role = newRoleName('abc123', (size) =>
      Uint8Array.from({ length: size }, (_, index) => bytes[index] ?? 2),
    )
    expect(role).toBe('postern_abc123_01z0z2222222' + '01z0')
  })
})
