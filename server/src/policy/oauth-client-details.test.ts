import { expect, test } from 'vitest'
import { parseOAuthClientDetails } from './oauth-client-details.ts'

const program = { name: 'Nightly job', kind: 'm2m', scopes: ['read:tokens'] }
const page = {
  name: 'Map editor',
  kind: 'public',
  scopes: ['read:tokens', 'write:tokens', 'read:tokens'],
  redirectUris: [
    'https://maps.example.com/back?a=1',
    'http://127.0.0.1:8765/',
    'http://localhost/x',
  ],
}

test('a program has scopes and no addresses, an application both', () => {
  expect(parseOAuthClientDetails(program)).toEqual({
    ok: true,
    details: { ...program, redirectUris: [] },
  })
  expect(parseOAuthClientDetails(page)).toEqual({
    ok: true,
    details: { ...page, scopes: ['read:tokens', 'write:tokens'] },
  })
})

test.each([
  ['name', [undefined, '', ' a', 'a\nb', 'a\u202eb', 'x'.repeat(101), 1, 'a\0']],
  ['kind', [undefined, '', 'confidential', 'M2M', 1]],
  ['scopes', [undefined, [], 'read:tokens', ['openid'], ['read:tokens', 1], {}]],
  [
    'redirectUris',
    [
      [],
      'https://maps.example.com/',
      ['http://maps.example.com/'],
      ['https://maps.example.com/#a'],
      ['https://user@maps.example.com/'],
      ['https://maps.example.com@evil.example/'],
      ['https://*.example.com/'],
      ['https://maps.example.com/\\evil'],
      ['https://maps.example.com/a b'],
      ['javascript:alert(1)'],
      ['data:text/html,x'],
      ['com.example.app:/back'],
      ['//maps.example.com/'],
      ['/back'],
      ['https:'],
      Array.from({ length: 11 }, (_, index) => `https://maps.example.com/${index}`),
    ],
  ],
])('%s that will not do is refused by name', (field, values) => {
  const wireName = field === 'redirectUris' ? 'redirect_uris' : field
  for (const value of values) {
    expect(
      parseOAuthClientDetails({ ...page, [field]: value }),
      JSON.stringify(value),
    ).toMatchObject({
      ok: false,
      message: expect.stringContaining(wireName),
    })
  }
  expect(parseOAuthClientDetails({ ...program, redirectUris: page.redirectUris }).ok).toBe(false)
})
