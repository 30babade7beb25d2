import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseKeyDetails } from './parse-key-details.ts'

const now = new Date('2026-11-21T12:00:00Z')
const parse = (description: unknown, expiresAt?: unknown) =>
  parseKeyDetails({ description, expiresAt }, now)

const notATime =
  'Expires at has to be a time in ISO 8601 with its offset, such as 2030-01-31T12:00:00Z'

describe('what is said of a key', () => {
  it.each([undefined, null, ''])('may be nothing: %j', (nothing) => {
    expect(parse(nothing, nothing)).toEqual({
      ok: true,
      details: { description: null, expiresAt: null },
    })
  })

  it.each([
    ['2026-11-21T12:00:01Z', '2026-11-21T12:00:01.000Z'],
    ['2027-01-31T12:00Z', '2027-01-31T12:00:00.000Z'],
    ['2027-01-31T12:00:00.5+02:00', '2027-01-31T10:00:00.500Z'],
    ['2028-02-29T23:59:59-11:00', '2028-03-01T10:59:59.000Z'],
    ['9999-12-31T23:59:59Z', '9999-12-31T23:59:59.000Z'],
  ])('ends it at %s', (text, instant) => {
    expect(parse(undefined, text)).toEqual({
      ok: true,
      details: { description: null, expiresAt: new Date(instant) },
    })
  })

  it.each(['2026-11-21T12:00:00Z', '2026-11-21T12:00:00.999+01:00', '0001-01-01T00:00:00Z'])(
    'does not end it in the past: %s',
    (text) => {
      expect(parse(undefined, text)).toEqual({
        ok: false,
        messages: ['Expires at has to be in the future'],
      })
    },
  )

  it.each([
    'tomorrow',
    '2030-01-31',
    '2030-01-31T12:00:00',
    '2030-01-31 12:00:00Z',
    '2030-02-30T12:00:00Z',
    '2030-13-01T12:00:00Z',
    '2030-01-31T25:00:00Z',
    '2030-01-31T12:00:00+99:00',
    '+02030-01-31T12:00:00Z',
    '1893456000',
    ' 2030-01-31T12:00:00Z',
    1893456000,
    true,
    [],
    {},
  ])('does not end it at what is no time: %j', (value) => {
    expect(parse(undefined, value)).toEqual({ ok: false, messages: [notATime] })
  })

  it('has a length that it may have', () => {
    const longest = 'x'.repeat(1_000)
    expect(parse(longest)).toMatchObject({ ok: true, details: { description: longest } })
    expect(parse(`${longest}x`)).toEqual({
      ok: false,
      messages: ['Description is too long (maximum is 1000 characters)'],
    })
  })

  it.each([1, true, ['a'], { a: 1 }, 'nul \0', 'half \ud83d'])('is text: %j', (value) => {
    expect(parse(value)).toEqual({ ok: false, messages: ['Description is invalid'] })
  })

  it('says everything that is wrong at once', () => {
    expect(parse(1, 'never')).toEqual({ ok: false, messages: ['Description is invalid', notATime] })
  })

  it('never throws, and a time that it reads is ahead', () => {
    fc.assert(
      fc.property(fc.anything(), fc.oneof(fc.anything(), fc.date().map(String)), (a, b) => {
        const result = parse(a, b)
        const expiresAt = result.ok ? result.details.expiresAt : null
        expect(expiresAt === null || expiresAt > now).toBe(true)
      }),
    )
  })
})
