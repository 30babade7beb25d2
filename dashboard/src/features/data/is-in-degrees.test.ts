import { expect, it } from 'vitest'
import { isInDegrees } from './is-in-degrees.ts'

it.each([
  [[-180, -90, 180, 90], true],
  [[2.1, 41.3, 2.3, 41.5], true],
  [[440_001, 4_470_000, 440_010, 4_470_000], false],
  [[0, 0, 1e308, 1], false],
  [[0, -91, 1, 1], false],
] as const)('says of %j whether it is on the globe', (bounds, expected) => {
  expect(isInDegrees(bounds)).toBe(expected)
})
