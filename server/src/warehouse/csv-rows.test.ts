import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { testTypes, wireColumn, writeWireRow } from '../../test/wire-rows.ts'
import { createCsvRows } from './csv-rows.ts'

type Column = readonly [name: string, type: string]

function csvOf(
  columns: readonly Column[],
  rows: readonly (readonly (string | null)[])[],
  skipped: readonly string[] = [],
): string {
  const wire = columns.map(([name, type]) => wireColumn(name, type))
  const csv = createCsvRows(wire, testTypes, new Set(skipped))
  for (const row of rows) writeWireRow(row, csv.row)
  return csv.take().toString('utf8')
}

test('begins with the names, and every line ends in CRLF', () => {
  expect(
    csvOf(
      [
        ['a', 'int4'],
        ['b', 'text'],
      ],
      [
        ['1', 'x'],
        ['2', 'y'],
      ],
    ),
  ).toBe('a,b\r\n1,x\r\n2,y\r\n')
})

test('the_geom comes first, the others in their order', () => {
  const columns: Column[] = [
    ['b', 'int4'],
    ['a', 'int4'],
    ['the_geom', 'geometry'],
  ]
  expect(csvOf(columns, [['1', '2', '0101']])).toBe('the_geom,b,a\r\n0101,1,2\r\n')
})

test('of columns with one name the last counts, and skipped ones are not there', () => {
  const columns: Column[] = [
    ['a', 'int4'],
    ['b', 'int4'],
    ['a', 'text'],
  ]
  expect(csvOf(columns, [['1', '2', 'x']])).toBe('b,a\r\n2,x\r\n')
  expect(csvOf(columns, [['1', '2', 'x']], ['a'])).toBe('b\r\n2\r\n')
  expect(csvOf(columns, [['1', '2', 'x']], ['a', 'b'])).toBe('')
})

test.each([
  ['bool', 't', 'true'],
  ['bool', 'f', 'false'],
  ['text', 't', 't'],
  ['text', '', '""'],
  ['text', null, ''],
  ['text', 'a,b', '"a,b"'],
  ['text', 'say "a"', '"say ""a"""'],
  ['text', 'a\nb\r', '"a\nb\r"'],
  ['text', ' é ', ' é '],
  ['bpchar', 'ab   ', 'ab'],
  ['numeric', '-1.50', '-1.50'],
  ['timestamptz', '2026-01-02 03:04:05.678+00', '2026-01-02 03:04:05.678+00'],
  ['text[]', '{a,b}', '"{a,b}"'],
  ['json', '{"a":1}', '"{""a"":1}"'],
  ['unheard of', 'a,b', '"a,b"'],
])('writes %s %j as %s', (type, text, expected) => {
  expect(csvOf([['v', type]], [[text]])).toBe(`v\r\n${expected}\r\n`)
})

test('a reader gets back what was written, whatever it is', () => {
  const text = fc.string({ unit: 'binary' }).filter((value) => value.isWellFormed())
  const rows = fc.array(fc.tuple(text, text), { minLength: 1 })
  fc.assert(
    fc.property(text, rows, (name, values) => {
      const columns: Column[] = [
        [name, 'text'],
        [`${name}2`, 'text'],
      ]
      const read = parse(csvOf(columns, values), {
        record_delimiter: '\r\n',
        relax_column_count: false,
      })
      expect(read).toEqual([[name, `${name}2`], ...values])
    }),
    {
      examples: [
        [
          'a',
          [
            ['\r\n', '"'],
            ['', ','],
          ],
        ],
      ],
    },
  )
})

test('long rows are whole however they are taken', () => {
  const csv = createCsvRows([wireColumn('a', 'text')], testTypes, new Set())
  const value = `${'x'.repeat(5_000)}"`
  const pieces: Buffer[] = []
  for (let row = 0; row < 20; row += 1) {
    writeWireRow([value], csv.row)
    if (row % 3 === 0) pieces.push(csv.take())
  }
  pieces.push(csv.take())
  expect(csv.length()).toBe(0)
  expect(Buffer.concat(pieces).toString()).toBe(`a\r\n${`"${'x'.repeat(5_000)}"""\r\n`.repeat(20)}`)
})
