import { expect, test } from 'vitest'
import { median, medianRatio } from './statistics.ts'

test('the median is the middle value, or the mean of the two in the middle', () => {
  expect(median([9, 1, 5])).toBe(5)
  expect(median([10, 1, 4, 6])).toBe(5)
})

test('a median of nothing is refused', () => {
  expect(() => median([])).toThrow('nothing to measure')
})

test('a ratio compares round with round, so that a slow machine does not count', () => {
  // The machine became ten times slower after the first round.
  expect(medianRatio([80, 8, 8], [100, 10, 10])).toBeCloseTo(0.8)
})
