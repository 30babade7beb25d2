import { expect, test } from 'vitest'
import { numberParameters } from './number-parameters.ts'
import { placeAsWritten } from './place-as-written.ts'

test.each([
  ['a text without parameters', 'select nmae from t', 'nmae'],
  [
    'what stands behind a named parameter',
    'select a from t where x = @country and nmae = 1',
    'nmae',
  ],
  ['what stands behind several', 'select @a, @b, @a, nmae from t where @long_name = 1', 'nmae'],
  ['what stands before one', 'select nmae from t where x = @country', 'nmae'],
  ['characters that are two code units', `select '😀😀', @a, nmae from t`, 'nmae'],
])('finds a place again in %s', (_what, statement, word) => {
  const { text } = numberParameters(statement)
  const position = [...text.slice(0, text.indexOf(word))].length + 1
  expect([...statement].slice(placeAsWritten(statement, position) - 1).join('')).toMatch(
    new RegExp(`^${word}`),
  )
})

test('a place within a parameter is where the parameter was written', () => {
  const statement = 'select a from t where x = @country'
  const { text } = numberParameters(statement)
  expect(placeAsWritten(statement, text.indexOf('$1') + 1)).toBe(statement.indexOf('@') + 1)
})
