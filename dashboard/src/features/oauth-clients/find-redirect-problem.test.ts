import { expect, it } from 'vitest'
import { findRedirectProblem, splitRedirects } from './find-redirect-problem.ts'

it.each(['https://app.example.com/callback', 'http://localhost:3000/', 'http://127.0.0.1/cb'])(
  'takes %s',
  (address) => {
    expect(findRedirectProblem(address)).toBeUndefined()
  },
)

it.each([
  ['http://example.com/', /https/],
  ['https://example.com/#x', /#/],
  ['https://*.example.com/', /letter by letter/],
  ['https://me:secret@example.com/', /user and password/],
  ['example.com', /whole address/],
])('says what is wrong with %s', (address, problem) => {
  expect(findRedirectProblem(address)).toMatch(problem)
})

it('takes addresses apart at lines', () => {
  expect(splitRedirects('https://a.b/c\n https://d.e ')).toEqual(['https://a.b/c', 'https://d.e'])
})
