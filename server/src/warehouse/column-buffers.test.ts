import { expect, test } from 'vitest'
import { testTypes, wireColumn, writeWireRow } from '../../test/wire-rows.ts'
import { createColumnBuffers } from './column-buffers.ts'

type Column = readonly [name: string, type: string]

function documentOf(
  columns: readonly Column[],
  rows: readonly (readonly (string | null)[])[],
  skipped: readonly string[] = [],
): ArrayBuffer {
  const wire = columns.map(([name, type]) => wireColumn(name, type))
  const buffers = createColumnBuffers(wire, testTypes, new Set(skipped))
  for (const row of rows) writeWireRow(row, buffers.row)
  return new Uint8Array(buffers.finish()).buffer
}

type Described = {
  readonly name: string
  readonly type: string
  readonly offset: number
  readonly ends?: number
  readonly valid?: number
}

/** Reads a document as its documentation says. */
function read(document: ArrayBuffer): Record<string, unknown[]> {
  const view = new DataView(document)
  const text = (from: number, length: number) =>
    new TextDecoder().decode(new Uint8Array(document, from, length))
  expect(text(0, 8)).toBe('PSTRNCOL')
  const headerLength = view.getUint32(8, true)
  const rows = view.getUint32(12, true)
  const data = 16 + headerLength
  const { columns } = JSON.parse(text(16, headerLength)) as { columns: Described[] }
  const arrays = {
    uint8: Uint8Array,
    int32: Int32Array,
    int64: BigInt64Array,
    float64: Float64Array,
  }
  return Object.fromEntries(
    columns.map(({ name, type, offset, ends, valid }) => {
      let values: unknown[]
      if (type === 'text') {
        const positions = new Uint32Array(document, data + (ends ?? 0), rows)
        values = [...positions].map((end, index) => {
          const start = positions[index - 1] ?? 0
          return text(data + offset + start, end - start)
        })
      } else {
        values = [...new arrays[type as keyof typeof arrays](document, data + offset, rows)]
      }
      const present = valid === undefined ? undefined : new Uint8Array(document, data + valid, rows)
      return [name, values.map((value, index) => (present?.[index] === 0 ? null : value))]
    }),
  )
}

test('every type has an array that holds it', () => {
  const columns: Column[] = [
    ['flag', 'bool'],
    ['small', 'int2'],
    ['id', 'int4'],
    ['big', 'int8'],
    ['share', 'numeric'],
    ['at', 'timestamptz'],
    ['day', 'date'],
    ['name', 'text'],
    ['list', 'int4[]'],
  ]
  const at = '2026-01-02 03:04:05.678+00'
  expect(
    read(
      documentOf(columns, [
        ['t', '-1', '7', '9007199254740993', '1.25', at, '2026-01-02', 'é', '{1,2}'],
        ['f', '2', '-8', '-1', 'NaN', 'infinity', '1969-12-31', '', '{}'],
        [null, null, null, null, null, null, null, null, null],
      ]),
    ),
  ).toEqual({
    flag: [1, 0, null],
    small: [-1, 2, null],
    id: [7, -8, null],
    big: [9007199254740993n, -1n, null],
    share: [1.25, Number.NaN, null],
    at: [Date.UTC(2026, 0, 2, 3, 4, 5, 678), Number.POSITIVE_INFINITY, null],
    day: [Date.UTC(2026, 0, 2), -86_400_000, null],
    name: ['é', '', null],
    list: ['{1,2}', '{}', null],
  })
})

test('of columns with one name the last counts; skipped ones and rows may be missing', () => {
  const columns: Column[] = [
    ['a', 'int4'],
    ['b', 'int4'],
    ['a', 'text'],
  ]
  expect(read(documentOf(columns, [['1', '2', 'x']], ['b']))).toEqual({ a: ['x'] })
  expect(read(documentOf(columns, []))).toEqual({ a: [], b: [] })
  expect(read(documentOf([], []))).toEqual({})
})

test.each(['geometry', 'geography'])('a %s is refused', (type) => {
  expect(() => documentOf([['the_geom', type]], [])).toThrow('geometry types are not supported')
})
