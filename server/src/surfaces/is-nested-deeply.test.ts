import { expect, test } from 'vitest'
import { isNestedDeeply } from './is-nested-deeply.ts'

test.each([
  ['', 0, false],
  ['1', 0, false],
  ['[]', 0, true],
  ['[]', 1, false],
  ['[{"a":[1,{"b":2}]}]', 4, false],
  ['[{"a":[1,{"b":2}]}]', 3, true],
  ['[[],[],[],[]]', 2, false],
  ['{"a":"[[[[["}', 1, false],
  ['{"a":"\\"[[[[["}', 1, false],
  ['{"a\\\\":[[]]}', 2, true],
  [']]]][[[[[', 3, false],
  ['[[[[[[', 3, true],
  ['"[[[[[[', 3, false],
])('%s, more than %i deep: %s', (text, maxDepth, expected) => {
  expect(isNestedDeeply(text, maxDepth)).toBe(expected)
})

test('says so of eight megabytes of brackets without reading them all', () => {
  let reads = 0
  const brackets = {
    length: 8_000_000,
    charCodeAt: () => {
      reads += 1
      return 0x5b
    },
  }
  expect(isNestedDeeply(brackets as unknown as string, 100)).toBe(true)
  expect(reads).toBe(101)
})
