import { expect, it } from 'vitest'
import { placeKeyError } from './place-key-error.ts'

it.each([
  ['Validation failed: Name has already been taken', 'name', /already a key of this name/],
  [
    'Validation failed: Name has already been taken, Name api_key name cannot be Master nor Default public',
    'name',
    /Every account has/,
  ],
  ['Validation failed: Name is too long (maximum is 1024 bytes)', 'name', /^Name is too long/],
  ['Validation failed: Expires at has to be in the future', 'expiry', /not passed/],
  ['Validation failed: Grants can only grant table permissions you have', 'tables', /gone/],
  ['Validation failed: Grants can only grant schema permissions you have', 'datasets', /schema/],
  [
    'You have reached the limit of API keys for your plan',
    'form',
    /as many API keys as it may have/,
  ],
])('347: "%s" stands at the %s', (message, part, sentence) => {
  expect(placeKeyError(message)).toEqual({ [part]: expect.stringMatching(sentence) })
})
