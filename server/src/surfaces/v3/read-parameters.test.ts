import { expect, it } from 'vitest'
import { findJson, findText, readParameters } from './read-parameters.ts'

const json = { 'content-type': 'application/json; charset=utf-8' }
const form = { 'content-type': 'application/x-www-form-urlencoded' }
const refusal = (message: RegExp) =>
  expect.objectContaining({ code: 'invalid_parameter', message: expect.stringMatching(message) })

it.each([
  ['the address', { query: { q: 'select 1', list: '[1,"a"]' }, body: undefined, headers: json }],
  ['a JSON body', { query: {}, body: { q: 'select 1', list: [1, 'a'] }, headers: json }],
  ['text in a JSON body', { query: {}, body: { q: 'select 1', list: '[1,"a"]' }, headers: json }],
  ['a form', { query: {}, body: { q: 'select 1', list: '[1,"a"]' }, headers: form }],
  ['both', { query: { q: 'select 1' }, body: { q: '', list: [1, 'a'] }, headers: json }],
])('reads what stands in %s', (_where, request) => {
  const parameters = readParameters(request, ['q', 'list', 'other'])
  expect(findText(parameters, 'q')).toBe('select 1')
  expect(findJson(parameters, 'list')).toEqual([1, 'a'])
  expect(findText(parameters, 'other')).toBeUndefined()
  expect(findJson(parameters, 'other')).toBeUndefined()
})

it.each([
  ['in the address', { query: { q: ['a', 'b'] }, body: undefined, headers: {} }],
  ['in the address and in the body', { query: { q: 'a' }, body: { q: 'a' }, headers: json }],
  ['in a form', { query: {}, body: { q: ['a', 'b'] }, headers: form }],
])('refuses what is sent twice %s, and ignores it where it is not asked for', (_how, request) => {
  expect(() => readParameters(request, ['q'])).toThrow(refusal(/"q" was sent more than once/))
  expect(readParameters(request, ['p'])).toEqual({ p: undefined })
})

it.each([
  ['{', /"p" must be JSON/],
  ['['.repeat(300), /"p" must be JSON/],
])('refuses %s as JSON', (text, message) => {
  expect(() => findJson({ p: text }, 'p')).toThrow(refusal(message))
})

it.each([1, true, {}, ['a']])('refuses %j as a text', (value) => {
  expect(() => findText({ p: value }, 'p')).toThrow(refusal(/"p" must be a text/))
})
