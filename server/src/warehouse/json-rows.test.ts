import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Encodings } from './cell-encodings.ts'
import { createJsonRows } from './json-rows.ts'
import type { TypeCatalogue, TypeName } from './type-catalogue.ts'
import { v3Encodings } from './v3-encodings.ts'

const names = (
  'bool int2 int4 int8 oid float4 float8 numeric money text varchar name uuid json jsonb date ' +
  'timestamp timestamptz time timetz interval bytea point inet int4range int2vector geometry box'
).split(' ')

/** Types by number, each with its array type: text is 10, text[] is 1010. */
const types: TypeCatalogue = new Map<number, TypeName>(
  names.flatMap((name, index) => [
    [index, { name, elementOid: undefined, ...(name === 'box' && { delimiter: ';' }) }],
    [1000 + index, { name: `_${name}`, elementOid: index }],
  ]),
)

function oidOf(name: string): number {
  if (name.endsWith('[]')) return 1000 + names.indexOf(name.slice(0, -2))
  const index = names.indexOf(name)
  return index < 0 ? 99_999 : index
}

type Value = readonly [column: string, type: string, text: string | null]

/** A row in PostgreSQL's text format, from the first value on. */
function rowBytes(row: readonly Value[]): Buffer {
  return Buffer.concat(
    row.flatMap(([, , text]) => {
      const length = Buffer.alloc(4)
      length.writeInt32BE(text === null ? -1 : Buffer.byteLength(text))
      return [length, Buffer.from(text ?? '')]
    }),
  )
}

function jsonOf(
  rows: readonly (readonly Value[])[],
  geometryColumn?: string,
  encodings?: Encodings,
): string {
  const columns = (rows[0] ?? []).map(([name, type]) => ({
    name,
    typeOid: oidOf(type),
    typeModifier: -1,
  }))
  const json = createJsonRows(columns, types, {
    ...(geometryColumn !== undefined && { geometryColumn }),
    ...(encodings !== undefined && { encodings }),
  })
  json.text('[')
  for (const row of rows) {
    // Rows stand somewhere inside of a chunk.
    json.row(
      Buffer.concat([Buffer.from('before'), rowBytes(row), Buffer.from('after')]),
      6,
      row.length,
    )
  }
  json.text(']')
  return json.take().toString('utf8')
}

const valueJson = (type: string, text: string | null) =>
  jsonOf([[['v', type, text]]]).slice('[{"v":'.length, -'}]'.length)

describe('a value', () => {
  it.each<[type: string, text: string, json: string]>([
    ['bool', 't', 'true'],
    ['bool', 'f', 'false'],
    ['int2', '-32768', '-32768'],
    ['int4', '0', '0'],
    // The classic API made doubles of these; ours keeps every digit.
    ['int8', '9007199254740993', '9007199254740993'],
    ['numeric', '12345678901234567890.123456789', '12345678901234567890.123456789'],
    ['oid', '4294967295', '4294967295'],
    ['float4', '1.5', '1.5'],
    ['float8', '-1e-300', '-1e-300'],
    ['float8', '1e+20', '1e+20'],
    ['float8', '-0', '-0'],
    ['float8', 'NaN', '"NaN"'],
    ['float8', 'Infinity', '"Infinity"'],
    ['float8', '-Infinity', '"-Infinity"'],
    ['numeric', 'NaN', '"NaN"'],
    ['numeric', '-Infinity', '"-Infinity"'],
    ['money', '$1,000.00', '"$1,000.00"'],

    ['text', '', '""'],
    ['text', 'plain', '"plain"'],
    ['text', 'Zürich 東京 🌍', '"Zürich 東京 🌍"'],
    ['text', 'a"b\\c', '"a\\"b\\\\c"'],
    ['text', 'tab\tline\nreturn\rbell\x07', '"tab\\u0009line\\u000areturn\\u000dbell\\u0007"'],
    ['text', '</script>', '"</script>"'],
    ['name', 'x', '"x"'],
    ['uuid', '0b0e…', '"0b0e…"'],
    ['inet', '::1/128', '"::1/128"'],
    ['int4range', '[1,5)', '"[1,5)"'],
    ['int2vector', '1 2 3', '"1 2 3"'],
    ['a type that nobody knows', '(1,"x")', '"(1,\\"x\\")"'],

    ['json', ' {"a": [1, 2.50]} ', ' {"a": [1, 2.50]} '],
    ['jsonb', '"text"', '"text"'],
    ['jsonb', 'null', 'null'],

    ['date', '2026-01-31', '"2026-01-31T00:00:00Z"'],
    ['timestamp', '2026-01-31 23:59:59', '"2026-01-31T23:59:59Z"'],
    ['timestamp', '2026-01-31 23:59:59.999999', '"2026-01-31T23:59:59Z"'],
    ['timestamptz', '2026-01-31 23:59:59.5+00', '"2026-01-31T23:59:59Z"'],
    ['timestamptz', '12026-01-31 00:00:00+00', '"12026-01-31T00:00:00Z"'],
    ['timestamp', 'infinity', '"infinity"'],
    ['date', '-infinity', '"-infinity"'],
    ['timestamp', '0044-03-15 12:00:00 BC', '"0044-03-15 12:00:00 BC"'],
    ['time', '12:34:56.789', '"12:34:56.789"'],
    ['timetz', '12:34:56+00', '"12:34:56+00"'],

    ['interval', '1 day', '{"days":1}'],
    ['interval', '1 year 2 mons -3 days', '{"years":1,"months":2,"days":-3}'],
    ['interval', '04:05:06.789', '{"hours":4,"minutes":5,"seconds":6,"milliseconds":789}'],
    ['interval', '-00:00:01', '{"seconds":-1}'],
    ['interval', '00:00:00', '{}'],

    ['bytea', '\\x00ff10', '{"type":"Buffer","data":[0,255,16]}'],
    ['bytea', '\\x', '{"type":"Buffer","data":[]}'],
    ['point', '(1,-2.5)', '{"x":1,"y":-2.5}'],
    ['geometry', '0101000020E6100000', '"0101000020E6100000"'],

    ['int4[]', '{1,NULL,3}', '[1,null,3]'],
    ['int4[]', '{}', '[]'],
    ['int4[]', '{{1,2},{3,4}}', '[[1,2],[3,4]]'],
    ['int4[]', '[2:3]={1,2}', '[1,2]'],
    ['int8[]', '{9007199254740993}', '[9007199254740993]'],
    ['bool[]', '{t,f,NULL}', '[true,false,null]'],
    ['float8[]', '{1.5,NaN,-Infinity,1e+20}', '[1.5,"NaN","-Infinity",1e+20]'],
    [
      'text[]',
      '{plain,"",NULL,"NULL","a,b","{}","q\\"uote","back\\\\slash"}',
      '["plain","",null,"NULL","a,b","{}","q\\"uote","back\\\\slash"]',
    ],
    ['jsonb[]', '{"{\\"a\\": 1}","\\"text\\"","null",NULL}', '[{"a": 1},"text",null,null]'],
    ['timestamp[]', '{"2026-01-31 00:00:00"}', '["2026-01-31T00:00:00Z"]'],
    ['bytea[]', '{"\\\\x01"}', '[{"type":"Buffer","data":[1]}]'],
    ['box[]', '{(2,2),(1,1);(4,4),(3,3)}', '["(2,2),(1,1)","(4,4),(3,3)"]'],
  ])('of type %s that reads %s is written %s', (type, text, json) => {
    expect(valueJson(type, text)).toBe(json)
    expect(() => JSON.parse(json)).not.toThrow()
  })

  it.each(['text', 'int4', 'json', 'interval', 'int4[]', 'unknown'])(
    'of type %s that is null is null',
    (type) => {
      expect(valueJson(type, null)).toBe('null')
    },
  )
})

describe('rows', () => {
  it('are objects of their columns, separated by commas', () => {
    const row = (a: string, b: string | null) => [
      ['a', 'int4', a] as const,
      ['b', 'text', b] as const,
    ]
    expect(jsonOf([row('1', 'x'), row('2', null)])).toBe('[{"a":1,"b":"x"},{"a":2,"b":null}]')
  })

  it('may have no columns at all', () => {
    expect(jsonOf([[], []])).toBe('[{},{}]')
  })

  it('hold the last of several columns with one name', () => {
    const row: Value[] = [
      ['a', 'int4', '1'],
      ['b', 'text', 'x'],
      ['a', 'text', 'last'],
      ['b', 'int4', '2'],
    ]
    expect(jsonOf([row, row])).toBe('[{"a":"last","b":2},{"a":"last","b":2}]')
  })

  it('have columns of any name', () => {
    const row: Value[] = [
      ['?column?', 'int4', '1'],
      ['', 'int4', '2'],
      ['quo"te\\\n', 'int4', '3'],
      ['__proto__', 'int4', '4'],
    ]
    expect(jsonOf([row])).toBe('[{"?column?":1,"":2,"quo\\"te\\\\\\n":3,"__proto__":4}]')
  })

  it('say how much there is to take, and begin anew once it is taken', () => {
    const rows = createJsonRows([{ name: 'a', typeOid: oidOf('int4'), typeModifier: -1 }], types)
    rows.row(rowBytes([['a', 'int4', '1']]), 0, 1)
    expect(rows.length()).toBe('{"a":1}'.length)
    expect(rows.take().toString()).toBe('{"a":1}')
    expect(rows.length()).toBe(0)
    // The comma is for the second row, not for the second piece.
    rows.row(rowBytes([['a', 'int4', '2']]), 0, 1)
    expect(rows.take().toString()).toBe(',{"a":2}')
  })

  it.each([1, 1_000, 50_000, 500_000])('that were taken stay as they were (%d bytes)', (length) => {
    const create = () =>
      createJsonRows([{ name: 'a', typeOid: oidOf('text'), typeModifier: -1 }], types)
    const rows = create()
    const others = create()
    const row = (letter: string) => rowBytes([['a', 'text', letter.repeat(length)]])
    rows.row(row('a'), 0, 1)
    others.row(row('b'), 0, 1)
    const taken = [rows.take(), others.take()]
    for (const writer of [rows, others, create()]) writer.row(row('c'), 0, 1)
    expect(taken.map(String)).toEqual(
      ['a', 'b'].map((letter) => JSON.stringify({ a: letter.repeat(length) })),
    )
  })

  it('are JSON that reads as what was put in, however long and whatever the text', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'grapheme', maxLength: 200 }),
      fc.stringMatching(/^[\x00-\x1f"\\]{0,50}$/),
      fc.string({ minLength: 1, maxLength: 5 }).map((part) => part.repeat(20_000)),
    )
    const cell = fc.record({ a: fc.option(text), b: fc.option(fc.integer()), c: fc.option(text) })
    fc.assert(
      fc.property(fc.array(cell, { minLength: 1, maxLength: 5 }), (rows) => {
        const json = jsonOf(
          rows.map(({ a, b, c }) => [
            ['a', 'text', a],
            ['b', 'int8', b === null ? null : String(b)],
            ['c', 'varchar', c],
          ]),
        )
        expect(JSON.parse(json)).toEqual(rows)
      }),
      { numRuns: 300 },
    )
  })

  it('are JSON for arrays of any text', () => {
    const quote = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`
    fc.assert(
      fc.property(fc.array(fc.option(fc.string({ unit: 'binary' }))), (items) => {
        const text = `{${items.map((item) => (item === null ? 'NULL' : quote(item))).join(',')}}`
        expect(JSON.parse(valueJson('text[]', text))).toEqual(items)
      }),
    )
  })
})

describe('features', () => {
  const geojson = '{"type":"Point","coordinates":[1,2]}'

  it('have a geometry, and all other columns but the classic geometry columns as properties', () => {
    const row: Value[] = [
      ['_g', 'text', geojson],
      ['the_geom', 'geometry', '0101'],
      ['name', 'text', 'a'],
      ['the_geom_webmercator', 'geometry', '0102'],
      ['n', 'int4', '1'],
    ]
    expect(jsonOf([row, row], '_g')).toBe(
      `[${[1, 2]
        .map(() => `{"type":"Feature","geometry":${geojson},"properties":{"name":"a","n":1}}`)
        .join(',')}]`,
    )
  })

  it('may have no geometry and no properties', () => {
    expect(jsonOf([[['_g', 'text', null]]], '_g')).toBe(
      '[{"type":"Feature","geometry":null,"properties":{}}]',
    )
  })

  it('may have a geometry of any size', () => {
    const large = JSON.stringify({
      type: 'X',
      coordinates: Array.from({ length: 50_000 }, () => 1),
    })
    const [feature] = JSON.parse(
      jsonOf(
        [
          [
            ['_g', 'text', large],
            ['a', 'text', 'b'],
          ],
        ],
        '_g',
      ),
    )
    expect(feature.geometry.coordinates).toHaveLength(50_000)
    expect(feature.properties).toEqual({ a: 'b' })
  })
})

describe('the v3 API writes', () => {
  const point = '0101000020E6100000000000000000F03F0000000000000040'
  it.each([
    ['int4', '-5', -5],
    ['int8', '123', 123],
    ['int8', '-9007199254740991', -9007199254740991],
    ['int8', '9007199254740993', '9007199254740993'],
    ['int8', '-9223372036854775808', '-9223372036854775808'],
    ['numeric', '12.50', 12.5],
    ['float8', 'NaN', 'NaN'],
    ['bool', 't', true],
    ['date', '2026-01-02', '2026-01-02T00:00:00Z'],
    ['timestamp', '2026-01-02 03:04:05', '2026-01-02T03:04:05Z'],
    ['timestamptz', '2026-01-02 03:04:05.678901+00', '2026-01-02T03:04:05.678901Z'],
    ['timestamptz', 'infinity', 'infinity'],
    ['date', '0044-03-15 BC', '0044-03-15 BC'],
    ['jsonb', '{"a": [1]}', { a: [1] }],
    ['geometry', point, { type: 'Point', coordinates: [1, 2] }],
    ['geometry', '010800000000000000', '010800000000000000'],
    ['geometry[]', `{${point}}`, [{ type: 'Point', coordinates: [1, 2] }]],
    ['int8[]', '{1,9007199254740993,NULL}', [1, '9007199254740993', null]],
    ['timestamptz[]', '{"2026-01-02 03:04:05.5+00"}', ['2026-01-02T03:04:05.5Z']],
    ['interval', '1 day 02:03:04', '1 day 02:03:04'],
    ['bytea', '\\x00ff', '\\x00ff'],
    ['money', '$1.00', '$1.00'],
    ['mood', 'sad "', 'sad "'],
    ['int4', null, null],
  ])('%s %s as %j', (type, text, value) => {
    expect(JSON.parse(jsonOf([[['x', type, text]]], undefined, v3Encodings))).toEqual([
      { x: value },
    ])
  })
})
