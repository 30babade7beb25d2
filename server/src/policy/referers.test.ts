import { describe, expect, it } from 'vitest'
import { isAllowedReferer, parseReferer, refererOf } from './referers.ts'

describe('an allowed referer is kept as an origin', () => {
  it.each([
    ['https://example.com', 'https://example.com'],
    ['https://example.com/', 'https://example.com'],
    ['https://example.com/some/path?x=1#y', 'https://example.com'],
    ['HTTPS://Example.COM', 'https://example.com'],
    ['https://example.com:443', 'https://example.com'],
    ['http://example.com:80/', 'http://example.com'],
    ['https://example.com:8443/', 'https://example.com:8443'],
    [' https://example.com ', 'https://example.com'],
    ['http://localhost:3000', 'http://localhost:3000'],
    ['http://127.0.0.1:8080/index.html', 'http://127.0.0.1:8080'],
    ['http://[::1]:8080', 'http://[::1]:8080'],
    ['https://bücher.example', 'https://xn--bcher-kva.example'],
    ['https://*.example.com', 'https://*.example.com'],
    ['https://*.example.com:8443/', 'https://*.example.com:8443'],
  ])('%s as %s', (text, referer) => {
    expect(parseReferer(text)).toMatchObject({ ok: true, referer })
  })

  it('says what it has left out, and only then', () => {
    const noteOf = (text: string) => (parseReferer(text) as { note?: string }).note
    expect(noteOf('https://example.com')).toBeUndefined()
    expect(noteOf('https://example.com/')).toContain('slash')
    expect(noteOf('https://example.com/a')).toContain('path')
  })

  it.each([
    '',
    ' ',
    'example.com',
    '//example.com',
    'ftp://example.com',
    'javascript:alert(1)',
    'file:///etc/passwd',
    'null',
    '*',
    'https://*',
    'https://*.com',
    'https://*.*.example.com',
    'https://exa*mple.com',
    'https://a.*.example.com',
    'https://user@example.com',
    'https://user:secret@example.com',
    'https://example.com\\@evil.example',
    'https://',
    'https://example.com:99999',
    'https://exam ple.com',
    42,
    null,
    {},
  ])('and %j is none', (text) => {
    expect(parseReferer(text)).toMatchObject({ ok: false })
  })
})

describe('a request comes from', () => {
  it.each([
    [{ referer: 'https://a.example/page?x' }, 'https://a.example'],
    [{ origin: 'https://a.example' }, 'https://a.example'],
    [{ referer: 'https://a.example/', origin: 'https://a.example' }, 'https://a.example'],
    [{ referer: 'https://A.example:443/x' }, 'https://a.example'],
    [{ referer: 'https://a.example/', origin: 'https://b.example' }, undefined],
    [{ referer: 'https://a.example/', origin: 'null' }, undefined],
    [{ origin: 'null' }, undefined],
    [{ referer: '' }, undefined],
    [{ referer: 'a.example' }, undefined],
    [{ referer: 'https://user@a.example/' }, undefined],
    [{}, undefined],
  ] as [{ referer?: string; origin?: string }, string | undefined][])(
    '%j: %s',
    ({ referer, origin }, expected) => {
      expect(refererOf({ referer, origin })).toBe(expected)
    },
  )
})

describe('a site is allowed', () => {
  const list = ['https://a.example', 'http://b.example:8080', 'https://*.c.example']
  it.each([
    [[], undefined, true],
    [[], 'https://evil.example', true],
    [list, 'https://a.example', true],
    [list, 'http://b.example:8080', true],
    [list, 'https://x.c.example', true],
    [list, 'https://x.y.c.example', true],
    [list, undefined, false],
    [list, 'http://a.example', false],
    [list, 'https://a.example:8443', false],
    [list, 'https://www.a.example', false],
    [list, 'https://a.example.evil.example', false],
    [list, 'https://eviла.example', false],
    [list, 'http://b.example', false],
    [list, 'https://c.example', false],
    [list, 'https://.c.example', false],
    [list, 'https://evilc.example', false],
    [list, 'http://x.c.example', false],
    [list, 'https://x.c.example:8443', false],
  ] as [string[], string | undefined, boolean][])('%j, %s: %s', (referers, origin, expected) => {
    const said = origin === undefined ? undefined : refererOf({ referer: undefined, origin })
    expect(isAllowedReferer(referers, said)).toBe(expected)
  })
})
