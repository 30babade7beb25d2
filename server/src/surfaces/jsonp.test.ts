import { expect, test } from 'vitest'
import { errorScript, findCallback } from './jsonp.ts'

test('an error goes to the function of the body, else to that of the query', () => {
  expect(findCallback({ callback: 'a' }, { callback: 'b' })).toBe('a')
  expect(findCallback({}, { callback: 'b' })).toBe('b')
  expect(findCallback(undefined, 'text')).toBeUndefined()
})

test('an error goes to no function that is none', () => {
  expect(findCallback({ callback: 'alert(1)//' }, { callback: 'b' })).toBeUndefined()
})

test('an error calls the function only if the page has it', () => {
  expect(errorScript('a.b', '{"error":["x"]}')).toBe(
    `/**/ typeof a.b === 'function' && a.b({"error":["x"]});`,
  )
})
