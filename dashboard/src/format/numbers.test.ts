import { expect, test } from 'vitest'
import { formatBytes } from './numbers.ts'

test.each([
  [0, '0 bytes'],
  [1, '1 byte'],
  [70, '70 bytes'],
  [16_384, '16.4 kB'],
  [140_600_000, '140.6 MB'],
])('%d bytes are written as %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text)
})
