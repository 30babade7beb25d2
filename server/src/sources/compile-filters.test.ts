import { describe, expect, test } from 'vitest'
import type { Column } from './column.ts'
import { compileFilters } from './compile-filters.ts'

const columns: Column[] = [
  { name: 'pop', typeOid: 23, typeName: 'int4', type: 'number' },
  { name: 'share', typeOid: 700, typeName: 'float4', type: 'number' },
  { name: 'na"me', typeOid: 25, typeName: 'text', type: 'string' },
  { name: 'open', typeOid: 16, typeName: 'bool', type: 'boolean' },
  { name: 'seen', typeOid: 1114, typeName: 'timestamp', type: 'timestamp' },
  { name: 'at', typeOid: 1083, typeName: 'time', type: 'unknown' },
  { name: 'geom', typeOid: 99_999, typeName: 'geometry', type: 'geometry' },
]

const compile = (filters: unknown, logicalOperator?: unknown, firstParameter = 1) =>
  compileFilters(filters, { columns, logicalOperator, firstParameter })

test('so many intervals that the planner would be busy with them are refused', () => {
  const many = (count: number) => ({ values: Array.from({ length: count }, () => [1, 2]) })
  expect(compile({ pop: { between: many(1_000) } }).values).toHaveLength(2_000)
  expect(() => compile({ pop: { between: many(1_001) } })).toThrow('more than 1000 intervals')
  const twice = { pop: { between: many(1_000), closed_open: many(1) } }
  expect(() => compile(twice)).toThrow('more than 1000 intervals')
})

test('no filters are true', () => {
  expect(compile({})).toEqual({ sql: 'true', values: [] })
})

test('values are bound, behind those of the source', () => {
  const filters = { pop: { in: { values: [1, 2], owner: 'a widget' } } }
  const condition = {
    sql: '(source."pop" OPERATOR(pg_catalog.=) ANY ($4::pg_catalog.int8[]))',
    values: ['{"1","2"}'],
  }
  expect(compile(filters, 'and', 4)).toEqual(condition)
})

test('nothing of a value or a name reaches the text', () => {
  const evil = `'); drop table x; -- "`
  const { sql, values } = compile({
    'na"me': {
      in: { values: [evil] },
      stringSearch: { values: [evil] },
      between: { values: [[evil, evil]] },
    },
  })
  expect(sql).not.toContain('drop')
  expect(sql).toContain('source."na""me"')
  expect(values.join()).toContain('drop table x')
})

describe('columns and their filters are joined by the logical operator', () => {
  test.each([
    ['and', 'AND'],
    ['AND', 'AND'],
    ['or', 'OR'],
    ['OR', 'OR'],
    [undefined, 'AND'],
    ['', 'AND'],
  ])('%s', (operator, word) => {
    const filters = {
      pop: { in: { values: [1] }, between: { values: [[1, null]] } },
      open: { in: { values: [true] } },
    }
    expect(compile(filters, operator).sql).toBe(
      `(source."pop" OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.int8[]) ${word} ` +
        `((source."pop" OPERATOR(pg_catalog.>=) $2::pg_catalog.int8)) ${word} ` +
        'source."open" OPERATOR(pg_catalog.=) ANY ($3::pg_catalog.bool[]))',
    )
  })
})

describe('intervals', () => {
  test.each([
    [
      'closed, several of them',
      {
        pop: {
          between: {
            values: [
              [1, 2.5],
              [null, 0],
            ],
          },
        },
      },
      '(((source."pop" OPERATOR(pg_catalog.>=) $1::pg_catalog.int8 AND source."pop" OPERATOR(pg_catalog.<=) $2::pg_catalog.numeric) OR (source."pop" OPERATOR(pg_catalog.<=) $3::pg_catalog.int8)))',
      ['1', '2.5', '0'],
    ],
    [
      'without their end, at the precision of the column',
      { share: { closed_open: { values: [[0.1, 0.2]] } } },
      '(((source."share" OPERATOR(pg_catalog.>=) $1::pg_catalog.float4 AND source."share" OPERATOR(pg_catalog.<) $2::pg_catalog.float4)))',
      ['0.1', '0.2'],
    ],
    [
      'of times, with the whole of the last millisecond',
      { seen: { time: { values: [[0, 1_000]] } } },
      '(((source."seen" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamp AND source."seen" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamp)))',
      ['1970-01-01T00:00:00.000', '1970-01-01T00:00:01.001'],
    ],
    [
      'of times as texts, without their end',
      { seen: { closed_open: { values: [['2020-01-01T01:00:00+01:00', '2021-01-01']] } } },
      '(((source."seen" OPERATOR(pg_catalog.>=) $1::pg_catalog.timestamp AND source."seen" OPERATOR(pg_catalog.<) $2::pg_catalog.timestamp)))',
      ['2020-01-01T00:00:00.000', '2021-01-01T00:00:00.000'],
    ],
    [
      'open on both sides',
      { pop: { between: { values: [[null, null]] } } },
      '((source."pop" IS NOT NULL))',
      [],
    ],
    ['none', { pop: { between: { values: [] } } }, '(false)', []],
  ])('%s', (_, filters, sql, values) => {
    expect(compile(filters)).toEqual({ sql, values })
  })
})

describe('what is no filter is refused by name', () => {
  test.each([
    ['{}', '"filters" is not valid: it must be an object'],
    [undefined, '"filters" is not valid: it must be an object'],
    [[], '"filters" is not valid: it must be an object'],
    [{ pop: 1 }, '"pop" must be an object'],
    [{ pop: { in: {} } }, 'without a list of values'],
    [{ pop: { like: { values: [] } } }, 'there is no filter "like"'],
    [{ pop: { in: { values: ['one'] } } }, 'a value is no number'],
    [{ pop: { in: { values: [{}] } } }, 'a value is no number'],
    [{ pop: { between: { values: [1, 2] } } }, 'an interval is a list of two values'],
    [{ pop: { between: { values: [['NaN', 1]] } } }, 'a value is no number'],
    [{ open: { in: { values: ['yes'] } } }, 'neither true nor false'],
    [{ open: { in: { values: [{ toString: null }] } } }, 'neither true nor false'],
    [{ open: { between: { values: [[true, true]] } } }, 'no values between others'],
    [{ 'na"me': { between: { values: [[1, 2]] } } }, 'a value is no text'],
    [{ 'na"me': { time: { values: [[1, 2]] } } }, 'no column of times'],
    [{ 'na"me': { in: { values: ['a\0'] } } }, 'cannot store'],
    [{ 'na"me': { stringSearch: { values: [{}] } } }, 'takes texts'],
    [{ 'na"me': { stringSearch: { values: ['a'], params: 1 } } }, 'params must be an object'],
    [{ seen: { time: { values: [['soon', null]] } } }, 'a value is no time'],
    [{ at: { between: { values: [['1', '2']] } } }, 'no values between others'],
    [{ geom: { in: { values: ['x'] } } }, 'of the type geometry is not compared'],
    [{ geom: { stringSearch: { values: ['x'] } } }, 'no column of texts'],
  ])('%j', (filters, message) => {
    expect(() => compile(filters)).toThrow(message)
  })

  test('a column that is not there, whatever it is called', () => {
    for (const name of ['nope', 'ctid', 'source', 'pop" is null or "pop', '__proto__', 'POP']) {
      const filters = JSON.parse(JSON.stringify({ [name]: { in: { values: [1] } } }))
      expect(() => compile(filters)).toThrow(
        expect.objectContaining({ code: 'column_not_found', facts: { columnName: name } }),
      )
    }
  })

  test('a logical operator that is none', () => {
    expect(() => compile({}, 'xor')).toThrow('filtersLogicalOperator')
  })
})
