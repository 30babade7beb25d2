import { describe, expect, test } from 'vitest'
import { readParameters } from './read-parameters.ts'

const read = (parameters: Record<string, unknown>) =>
  readParameters({ q: 'select 1', ...parameters })

test('asks for everything by default as the contract says', () => {
  expect(read({})).toEqual({
    sql: 'select 1',
    format: 'json',
    isForSaving: false,
    filename: undefined,
    skippedFields: new Set(),
    decimalPlaces: 6,
    page: undefined,
    order: undefined,
    callback: undefined,
    isPersistent: false,
  })
})

test.each([undefined, 5, ['select 1', 'select 2'], { a: 1 }])('refuses %j as SQL', (q) => {
  expect(() => readParameters({ q })).toThrow('You must indicate a sql query')
})

test.each([
  ['CSV', 'csv'],
  [['json', 'csv'], 'csv'],
  ['', 'json'],
])('reads the format %j', (format, expected) => {
  expect(read({ format }).format).toBe(expected)
})

test.each(['xyz', 'constructor', ['csv', 'xyz']])('refuses the format %j', (format) => {
  expect(() => read({ format })).toThrow('Invalid format: ')
})

test.each([
  ['a,b', ['a', 'b']],
  [
    ['a', 'b, c'],
    ['a', 'b', 'c'],
  ],
  [[{ a: 1 }, 'b'], ['b']],
  ['', []],
])('skips the fields of %j', (skipfields, expected) => {
  expect([...read({ skipfields }).skippedFields]).toEqual(expected)
})

describe('decimal places', () => {
  test.each([
    ['0', 0],
    ['15', 15],
    [3, 3],
    ['', 6],
    [['1', '2'], 2],
  ])('of %j are %i', (dp, expected) => {
    expect(read({ dp }).decimalPlaces).toBe(expected)
  })

  test.each(['16', '-1', '1.5', '6)', 'x', {}, [[]]])('are not %j', (dp) => {
    expect(() => read({ dp })).toThrow('dp must be a whole number from 0 to 15.')
  })
})

describe('paging', () => {
  test.each([
    [
      { rows_per_page: '10', page: '2' },
      { rows: 10n, number: 2n },
    ],
    [
      { rows_per_page: 10, page: 0 },
      { rows: 10n, number: 0n },
    ],
    [{ rows_per_page: '10' }, undefined],
    [{ page: '1' }, undefined],
    [{ rows_per_page: '10', page: 'x' }, undefined],
    [{ rows_per_page: '1.5', page: '1' }, undefined],
    [{ rows_per_page: '1; drop table t', page: '1' }, undefined],
  ])('of %j', (parameters, expected) => {
    expect(read(parameters).page).toEqual(expected)
  })
})

describe('order', () => {
  test.each([
    [{ order_by: 'a' }, { column: 'a', direction: undefined }],
    [
      { order_by: 'a', sort_order: 'DESC' },
      { column: 'a', direction: 'desc' },
    ],
    [
      { order_by: 'a', sort_order: 'sideways' },
      { column: 'a', direction: undefined },
    ],
    [{ order_by: '', sort_order: 'asc' }, undefined],
  ])('of %j', (parameters, expected) => {
    expect(read(parameters).order).toEqual(expected)
  })

  test('is by nothing that PostgreSQL cannot name', () => {
    expect(() => read({ order_by: 'a\0b' })).toThrow('order_by must be a column name.')
  })
})

describe('callbacks', () => {
  test.each(['f', '$', '_cdbc_123', 'a.b.c'])('may be %s', (callback) => {
    expect(read({ callback }).callback).toBe(callback)
  })

  test.each(['1f', 'f(', 'a..b', 'f;g', 'f\n', 'é', 'f'.repeat(200), ['f', 'g'], 5])(
    'may not be %j',
    (callback) => {
      expect(() => read({ callback })).toThrow('callback must be the name')
    },
  )
})
