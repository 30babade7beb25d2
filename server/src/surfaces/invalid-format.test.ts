import { expect, test } from 'vitest'
import { invalidFormat } from './invalid-format.ts'

test('a text is quoted', () => {
  expect(invalidFormat('xml').message).toBe('Invalid format: xml')
})

test.each([null, 5, [], { toString: 'x' }, [[[]]]])('%j, which is no text, is not', (format) => {
  expect(invalidFormat(format)).toMatchObject({ status: 400, message: 'Invalid format' })
})
