import { expect, test } from 'vitest'
import { parseUserDetails } from './user-details.ts'

test('what is given is kept as it is, and what is not given is left out', () => {
  const given = {
    name: 'Núria Vila-2',
    email: 'nuria@example.com',
    level: 'editor',
    password: 'twelve chars',
  }
  expect(parseUserDetails(given)).toEqual({ ok: true, details: given })
  expect(parseUserDetails({ email: null })).toEqual({ ok: true, details: { email: null } })
  expect(parseUserDetails({})).toEqual({ ok: true, details: {} })
})

test.each([
  ['name', [1, null, '', ' a', 'a ', 'a  b', 'a@b', 'a\nb', '<b>', 'x'.repeat(65), ['a']]],
  ['email', [1, '', 'a', 'a@b@c', 'a b@c', '<a@b>', 'a\0@b', `${'x'.repeat(260)}@b`, {}]],
  ['level', [1, null, '', 'admin', 'Owner', 'toString', ['owner']]],
  ['password', [1, null, '', 'elevenchars', '🔑'.repeat(11), 'x'.repeat(1_025), {}]],
])('%s that is nothing of the kind is refused by name', (field, values) => {
  for (const value of values) {
    expect(parseUserDetails({ [field]: value }), JSON.stringify(value)).toMatchObject({
      ok: false,
      message: expect.stringContaining(`${field} must`),
    })
  }
})
