import { describe, expect, it } from 'vitest'
import { describeFields } from './describe-fields.ts'
import type { TypeCatalogue } from './type-catalogue.ts'

const geometryOid = 90_001

const types: TypeCatalogue = new Map(
  [
    'bool int2 int4 int8 float4 float8 numeric oid text varchar bpchar char name citext unknown',
    'date timestamp timestamptz time timetz interval json jsonb uuid bytea void inet money point',
    'geography raster xml',
  ]
    .flatMap((names) => names.split(' '))
    .map((name, index) => [index + 1, { name, elementOid: undefined }] as const)
    .concat([[geometryOid, { name: 'geometry', elementOid: undefined }]]),
)

const oidOf = (name: string) => [...types].find(([, type]) => type.name === name)?.[0] ?? 0

const describeOne = (typeOid: number, typeModifier = -1, catalogue = types) =>
  describeFields([{ name: 'column', typeOid, typeModifier }], catalogue).column

describe('the type of a column', () => {
  // Contract: the first of these that the name contains, whatever else it means.
  it.each([
    ['bool', 'boolean'],
    ['int2', 'number'],
    ['int4', 'number'],
    ['int8', 'number'],
    ['float4', 'number'],
    ['float8', 'number'],
    ['numeric', 'number'],
    ['interval', 'number'],
    ['point', 'number'],
    ['text', 'string'],
    ['citext', 'string'],
    ['varchar', 'string'],
    ['bpchar', 'string'],
    ['char', 'string'],
    ['unknown', 'string'],
    ['date', 'date'],
    ['timestamp', 'date'],
    ['timestamptz', 'date'],
    ['time', 'date'],
    ['timetz', 'date'],
    ['json', 'JSON'],
    ['jsonb', 'jsonb'],
    ['name', 'name'],
    ['oid', 'oid'],
    ['uuid', 'uuid'],
    ['bytea', 'bytea'],
    ['void', 'void'],
    ['inet', 'inet'],
    ['money', 'money'],
    ['xml', 'xml'],
  ])('%s is %s', (name, type) => {
    expect(describeOne(oidOf(name))).toEqual({ type, pgtype: name })
  })

  it.each([
    ['_int4', 'int4', 'number[]'],
    ['_text', 'text', 'string[]'],
    ['_uuid', 'uuid', 'uuid[]'],
    ['_json', 'json', 'JSON[]'],
  ])('%s, an array of %s, is %s', (name, element, type) => {
    const catalogue = new Map([...types, [91_000, { name, elementOid: oidOf(element) }]])
    expect(describeOne(91_000, -1, catalogue)).toEqual({ type, pgtype: name })
  })

  it('that nobody knows is told by its number', () => {
    expect(describeOne(77_777)).toEqual({ type: 'unknown(77777)', pgtype: 'unknown(77777)' })
  })
})

describe('a geometry column', () => {
  // As PostGIS packs them: SRID << 8 | type << 2 | Z << 1 | M.
  const modifier = (srid: number, type: number, z: 0 | 1, m: 0 | 1) =>
    ((srid << 8) & 0x1fffff00) | (type << 2) | (z << 1) | m

  it.each([
    ['geometry(Point, 4326)', modifier(4326, 1, 0, 0), 'Point', 2, 4326],
    ['geometry(PointZ, 4326)', modifier(4326, 1, 1, 0), 'Point', 3, 4326],
    ['geometry(PointM, 4326)', modifier(4326, 1, 0, 1), 'Point', 3, 4326],
    ['geometry(PointZM, 4326)', modifier(4326, 1, 1, 1), 'Point', 4, 4326],
    ['geometry(MultiPolygon, 3857)', modifier(3857, 6, 0, 0), 'MultiPolygon', 2, 3857],
    ['geometry(GeometryCollection)', modifier(0, 7, 0, 0), 'GeometryCollection', 2, 0],
    ['geometry(Geometry, 999999)', modifier(999_999, 0, 0, 0), 'Geometry', 2, 999_999],
    ['geometry(Tin)', modifier(0, 15, 0, 0), 'Tin', 2, 0],
  ])('of type %s', (_, typeModifier, wkbtype, dims, srid) => {
    expect(describeOne(geometryOid, typeModifier)).toEqual({
      type: 'geometry',
      wkbtype,
      dims,
      srid,
    })
  })

  it('without a type modifier has four dimensions, SRID -1 and no type', () => {
    expect(describeOne(geometryOid)).toEqual({ type: 'geometry', dims: 4, srid: -1 })
    expect(describeOne(oidOf('raster'))).toEqual({ type: 'raster', dims: 4, srid: -1 })
  })

  it('may be geography', () => {
    expect(describeOne(oidOf('geography'), modifier(4326, 3, 0, 0))).toEqual({
      type: 'geography',
      wkbtype: 'Polygon',
      dims: 2,
      srid: 4326,
    })
  })
})

describe('several columns', () => {
  const column = (name: string, type: string) => ({ name, typeOid: oidOf(type), typeModifier: -1 })

  it('with one name are one field: the last', () => {
    const fields = describeFields([column('a', 'int4'), column('a', 'text')], types)
    expect({ ...fields }).toEqual({ a: { type: 'string', pgtype: 'text' } })
  })

  it('may have any name', () => {
    const names = ['__proto__', 'constructor', '', 'a"b']
    const fields = describeFields(
      names.map((name) => column(name, 'bool')),
      types,
    )
    expect(Object.keys(fields)).toEqual(names)
    expect(JSON.stringify(fields)).toContain('"__proto__":{"type":"boolean","pgtype":"bool"}')
  })
})
