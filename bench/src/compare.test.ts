import { expect, test } from 'vitest'
import { compare, getSamples } from './compare.ts'

test('contenders take turns, and the warm-up does not count', async () => {
  const turns: string[] = []
  const contender = (name: string, rate: number) => ({
    name,
    run: async (durationMs: number) => {
      turns.push(`${name} ${durationMs}`)
      return durationMs === 5 ? 0 : rate
    },
  })
  const samples = await compare([contender('A', 1), contender('B', 2)], {
    rounds: 2,
    roundMs: 10,
    warmUpMs: 5,
  })
  expect(turns).toEqual(['A 5', 'B 5', 'A 10', 'B 10', 'A 10', 'B 10'])
  expect(getSamples(samples, 'A')).toEqual([1, 1])
  expect(getSamples(samples, 'B')).toEqual([2, 2])
  expect(() => getSamples(samples, 'C')).toThrow('C was not measured')
})
