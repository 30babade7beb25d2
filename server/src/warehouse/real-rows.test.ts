import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestWarehouse, type TestWarehouse } from '../../test/warehouse-database.ts'
import { describeFields, type FieldDescription } from './describe-fields.ts'
import { createJsonRows, type JsonRows } from './json-rows.ts'
import type { Session } from './session.ts'
import { readTypeCatalogue, type TypeCatalogue } from './type-catalogue.ts'

let warehouse: TestWarehouse
let session: Session
let types: TypeCatalogue

beforeAll(async () => {
  warehouse = await createTestWarehouse()
  await warehouse.superuser.query('create schema postgis; create extension postgis schema postgis')
  await warehouse.superuser.query('grant usage on schema postgis to public')
  session = await warehouse.open(await warehouse.createRole())
  types = await readTypeCatalogue(session)
})

afterAll(async () => {
  session.destroy()
  await warehouse.close()
})

/** What a statement's result becomes, as text and as a description of its columns. */
async function answer(
  text: string,
  values: readonly (string | number | null)[] = [],
): Promise<{ json: string; fields: Record<string, FieldDescription> }> {
  let rows: JsonRows | undefined
  let fields: Record<string, FieldDescription> = {}
  await session.run(
    { text, values },
    {
      columns(columns) {
        rows = createJsonRows(columns, types)
        fields = describeFields(columns, types)
      },
      row: (buffer, offset, columnCount) => rows?.row(buffer, offset, columnCount),
    },
  )
  await session.settled()
  return { json: rows?.take().toString('utf8') ?? '', fields: { ...fields } }
}

describe('what PostgreSQL sends', () => {
  it.each<[expression: string, json: string, description: object]>([
    ['9007199254740993::int8', '9007199254740993', { type: 'number', pgtype: 'int8' }],
    ['1.10::numeric', '1.10', { type: 'number', pgtype: 'numeric' }],
    [`'NaN'::float8`, '"NaN"', { type: 'number', pgtype: 'float8' }],
    ['0.1::float4', '0.1', { type: 'number', pgtype: 'float4' }],
    ['true', 'true', { type: 'boolean', pgtype: 'bool' }],
    [`E'a\\tb'`, '"a\\u0009b"', { type: 'string', pgtype: 'text' }],
    [`'abc'::char(5)`, '"abc  "', { type: 'string', pgtype: 'bpchar' }],
    [`'2026-01-31'::date`, '"2026-01-31T00:00:00Z"', { type: 'date', pgtype: 'date' }],
    [
      `'2026-01-31 23:59:59.5+02'::timestamptz`,
      '"2026-01-31T21:59:59Z"',
      { type: 'date', pgtype: 'timestamptz' },
    ],
    [`'infinity'::timestamptz`, '"infinity"', { type: 'date', pgtype: 'timestamptz' }],
    [
      `'-1 year 2 days 03:04:05.006'::interval`,
      '{"years":-1,"days":2,"hours":3,"minutes":4,"seconds":5,"milliseconds":6}',
      { type: 'number', pgtype: 'interval' },
    ],
    [`'{"a": [1, null]}'::json`, '{"a": [1, null]}', { type: 'JSON', pgtype: 'json' }],
    [`'{"b":1,"a":2}'::jsonb`, '{"a": 2, "b": 1}', { type: 'jsonb', pgtype: 'jsonb' }],
    [`'\\x00ff'::bytea`, '{"type":"Buffer","data":[0,255]}', { type: 'bytea', pgtype: 'bytea' }],
    ['point(1, 2)', '{"x":1,"y":2}', { type: 'number', pgtype: 'point' }],
    [`'$1.50'::money`, '"$1.50"', { type: 'money', pgtype: 'money' }],
    [`'a'::name`, '"a"', { type: 'name', pgtype: 'name' }],
    [`'::1'::inet`, '"::1"', { type: 'inet', pgtype: 'inet' }],
    ['row(1, null)', '"(1,)"', { type: 'record', pgtype: 'record' }],
    [`'1 2'::int2vector`, '"1 2"', { type: 'number', pgtype: 'int2vector' }],
    [
      'array[9007199254740993, null]',
      '[9007199254740993,null]',
      { type: 'number[]', pgtype: '_int8' },
    ],
    [`'[0:1]={1,2}'::int4[]`, '[1,2]', { type: 'number[]', pgtype: '_int4' }],
    ['array[[true], [false]]', '[[true],[false]]', { type: 'boolean[]', pgtype: '_bool' }],
    [
      `array['(1,1),(0,0)'::box, '(3,3),(2,2)'::box]`,
      '["(1,1),(0,0)","(3,3),(2,2)"]',
      { type: 'box[]', pgtype: '_box' },
    ],
    [`array['{"a": 1}'::jsonb]`, '[{"a": 1}]', { type: 'jsonb[]', pgtype: '_jsonb' }],
    [
      'postgis.st_point(1, 2, 4326)',
      '"0101000020E6100000000000000000F03F0000000000000040"',
      { type: 'geometry', dims: 4, srid: -1 },
    ],
    [
      'array[postgis.st_point(1, 2), postgis.st_point(1, 2)]',
      '["0101000000000000000000F03F0000000000000040","0101000000000000000000F03F0000000000000040"]',
      { type: 'geometry[]', pgtype: '_geometry' },
    ],
    [
      'null::geometry(PointZ, 3857)',
      'null',
      { type: 'geometry', wkbtype: 'Point', dims: 3, srid: 3857 },
    ],
    [
      'null::geography(Polygon)',
      'null',
      { type: 'geography', wkbtype: 'Polygon', dims: 2, srid: 4326 },
    ],
  ])('for %s is answered as %s', async (expression, json, description) => {
    const { json: row, fields } = await answer(`select ${expression} as value`)
    expect(row).toBe(`{"value":${json}}`)
    expect(fields).toEqual({ value: description })
  })

  it('is text where an account has made the type, whatever it called it', async () => {
    const value = `}"not json`
    for (const name of ['json', 'int8', 'geometry']) {
      await warehouse.superuser.query(`create type public.${name} as enum ('${value}')`)
    }
    const catalogue = types
    types = await readTypeCatalogue(session)
    const { json, fields } = await answer(
      `select '${value}'::public.json as a, array['${value}'::public.int8] as b,
         '${value}'::public.geometry as c`,
    )
    types = catalogue
    expect(JSON.parse(json)).toEqual({ a: value, b: [value], c: value })
    expect(fields.c).toEqual({ type: 'geometry', pgtype: 'geometry' })
  })

  it('is JSON with the same texts, whatever the texts are', async () => {
    const text = fc.string({ unit: 'binary' }).filter((candidate) => !candidate.includes('\0'))
    await fc.assert(
      fc.asyncProperty(fc.array(fc.option(text)), async (texts) => {
        const { json } = await answer(
          `select (select array_agg(value order by ordinality)
             from json_array_elements_text($1::json) with ordinality) as all,
             ($1::json ->> 0) as first`,
          [JSON.stringify(texts)],
        )
        expect(JSON.parse(json)).toEqual({
          all: texts.length === 0 ? null : texts,
          first: texts[0] ?? null,
        })
      }),
      { numRuns: 100 },
    )
  })
})
