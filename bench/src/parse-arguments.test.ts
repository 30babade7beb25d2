import { expect, test } from 'vitest'
import { parseArguments } from './parse-arguments.ts'

test('everything is measured in full unless something else is asked for', () => {
  const { profile, only } = parseArguments([])
  expect(profile.name).toBe('full')
  expect(only).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'])
})

test('--quick and --only', () => {
  const { profile, only } = parseArguments(['--quick', '--only', 'd, a'])
  expect(profile.name).toBe('quick')
  expect(only).toEqual(['a', 'd'])
})

test('what is not understood is refused', () => {
  expect(() => parseArguments(['--only', 'a,x'])).toThrow("'x' is none of a, b, c, d, e")
  expect(() => parseArguments(['--fast'])).toThrow('--fast')
})
