import { expect, it } from 'vitest'
import { readReferer, splitReferers } from './read-referer.ts'

it.each([
  ['https://example.com', 'https://example.com', undefined],
  ['https://example.com/', 'https://example.com', /slash at the end makes no difference/],
  [
    'https://google.com/some/path',
    'https://google.com',
    /path is left out.*every page of https:\/\/google.com/,
  ],
  ['https://example.com?q=1', 'https://example.com', /path is left out/],
  ['HTTPS://Example.COM', 'https://example.com', /as browsers write it/],
  ['https://example.com:443', 'https://example.com', /as browsers write it/],
  ['https://example.com:8443', 'https://example.com:8443', undefined],
  ['https://*.example.com', 'https://*.example.com', /not example.com itself/],
  ['http://example.com', 'http://example.com', /without TLS/],
  ['http://localhost:3000', 'http://localhost:3000', undefined],
])('of %s, %s is kept', (written, stored, note) => {
  const reading = readReferer(written)
  expect(reading).toMatchObject({ ok: true, stored })
  if (!reading.ok) return
  if (note === undefined) expect(reading.note).toBeUndefined()
  else expect(reading.note).toMatch(note)
})

it.each([
  ['example.com', 'https://example.com'],
  ['//example.com', 'https://example.com'],
  ['ftp://example.com', 'the address of a site'],
  ['https://*', 'the address of a site'],
  ['https://*.com', 'at least two parts'],
  ['https://user:secret@example.com', 'the address of a site'],
])('%s is no site, and it says what to write', (written, hint) => {
  const reading = readReferer(written)
  expect(reading.ok ? '' : reading.problem).toContain(hint)
})

it('takes sites apart at commas, blanks and lines', () => {
  expect(splitReferers(' https://a.b,https://c.d\nhttps://e.f , ')).toEqual([
    'https://a.b',
    'https://c.d',
    'https://e.f',
  ])
})
