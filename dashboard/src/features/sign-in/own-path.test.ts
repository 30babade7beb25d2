import { expect, it } from 'vitest'
import { ownPath } from './own-path.ts'

it.each([
  '/',
  '/api-keys',
  '/data/default?schema=public&page=2#rows',
  '/oauth/authorize?client_id=x&redirect_uri=https%3A%2F%2Fapp.example%2Fcallback',
])('goes on to %j', (next) => {
  expect(ownPath(next)).toBe(next)
})

it.each([
  undefined,
  '',
  'api-keys',
  'https://evil.example/',
  '//evil.example',
  '/\\evil.example',
  '/\t/evil.example',
  '\t//evil.example',
  '/\n/evil.example',
  '/.//evil.example',
  '/x/..//evil.example',
  '/%2e//evil.example',
  'javascript:alert(1)',
  'http:/evil.example',
])('does not go on to %j', (next) => {
  expect(ownPath(next)).toBe('/')
})
