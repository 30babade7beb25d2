import { expect, test } from 'vitest'
import { isStorableText } from './storable-text.ts'

test.each<[text: string, isStorable: boolean]>([
  ['', true],
  ['parcels', true],
  ['a\u0001b\ttab\nline', true],
  ['Ñandú 東京 🗺️', true],
  ['\uffff\ufeff', true],
  ['\0', false],
  ['parcels\0; drop', false],
  ['\ud83d', false],
  ['\udd11', false],
  ['\udd11\ud83d', false],
  ['\ud83d\ud83d\udd11', false],
  ['ends in half a pair \ud83d', false],
])('%j: %s', (text, isStorable) => {
  expect(isStorableText(text)).toBe(isStorable)
})
