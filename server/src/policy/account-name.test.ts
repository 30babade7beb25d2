import { expect, it } from 'vitest'
import { accountNamePattern } from './account-name.ts'

it.each(['a', '7', 'alice', 'a-b--c', 'x'.repeat(63)])('%j names an account', (name) => {
  expect(accountNamePattern.test(name)).toBe(true)
})

it.each(['', 'Upper', 'under_score', '-begins', 'ends-', 'two words', 'é', 'a\n', 'x'.repeat(64)])(
  '%j names none',
  (name) => {
    expect(accountNamePattern.test(name)).toBe(false)
  },
)
