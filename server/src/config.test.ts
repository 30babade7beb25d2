import { describe, expect, it } from 'vitest'
import { readConfig } from './config.ts'

const refusalOf = (environment: Record<string, string>): string => {
  try {
    readConfig(environment)
  } catch (error) {
    if (error instanceof Error) return error.message
  }
  throw new Error('It was not refused.')
}

describe('a setting that cannot be', () => {
  it.each(['eighty', '70000', '-1', '80.5', '8080 8080'])('a port %j', (port) => {
    expect(refusalOf({ POSTERN_PORT: port })).toBe(
      `POSTERN_PORT is '${port}': it must be a whole number from 0 to 65535.`,
    )
  })

  it('a level that the log does not have', () => {
    expect(refusalOf({ POSTERN_LOG_LEVEL: 'loud' })).toBe(
      "POSTERN_LOG_LEVEL is 'loud': it must be debug, info, warn, error or silent.",
    )
  })

  it.each(['maps.example', 'ftp://maps.example', '/maps'])('a public address %j', (url) => {
    expect(refusalOf({ POSTERN_PUBLIC_URL: url })).toMatch(
      /^POSTERN_PUBLIC_URL must be an absolute http or https address/,
    )
  })

  it.each(['hidden-password', 'mysql://a:hidden-password@b/c'])(
    'an address of no PostgreSQL, which is not repeated: it may hold a password',
    (url) => {
      const sentence = refusalOf({ DATABASE_URL: url })
      expect(sentence).toMatch(/^DATABASE_URL must look like postgres:\/\//)
      expect(sentence).not.toContain('hidden-password')
    },
  )
})
