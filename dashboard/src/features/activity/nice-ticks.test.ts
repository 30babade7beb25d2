import { expect, it } from 'vitest'
import { niceTicks } from './nice-ticks.ts'

it.each([0, 1, 3, 4, 7, 10, 11, 99, 100, 101, 12_345, 9_999_999])(
  'has round whole numbers up to %d',
  (max) => {
    const ticks = niceTicks(max)
    expect(ticks[0]).toBe(0)
    expect(ticks.at(-1)).toBeGreaterThanOrEqual(max)
    expect(ticks.length).toBeGreaterThan(1)
    expect(ticks.length).toBeLessThan(7)
    expect(ticks.every(Number.isInteger)).toBe(true)
    expect(new Set(ticks).size).toBe(ticks.length)
  },
)
