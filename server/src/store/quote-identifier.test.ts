import { describe, expect, it } from 'vitest'
import { quoteIdentifier, quoteIdentifiers, quoteLiteral } from './quote-identifier.ts'

describe('quoteIdentifier', () => {
  it('keeps a name whole, whatever it contains', () => {
    expect(quoteIdentifier('a"; drop table b; --')).toBe('"a""; drop table b; --"')
    expect(quoteIdentifiers(['Select', 'b"c'])).toBe('"Select", "b""c"')
  })

  it('refuses a name that would end the statement early', () => {
    expect(() => quoteIdentifier('a\0b')).toThrow('NUL')
    expect(() => quoteLiteral('a\0b')).toThrow('NUL')
  })
})

describe('quoteLiteral', () => {
  it('keeps quotes and backslashes inside the value', () => {
    expect(quoteLiteral("it's")).toBe("'it''s'")
    expect(quoteLiteral('a\\b')).toBe(" E'a\\\\b'")
  })
})
