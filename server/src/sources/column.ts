/** The types of columns as the v3 API names them. */
export type ColumnType =
  | 'number'
  | 'bigint'
  | 'string'
  | 'geometry'
  | 'timestamp'
  | 'boolean'
  | 'object'
  | 'array'
  | 'unknown'

/** A column of a source. */
export type Column = {
  readonly name: string
  readonly typeOid: number
  /** What PostgreSQL or PostGIS calls the type; empty for one that an account has made. */
  readonly typeName: string
  readonly type: ColumnType
  /** Of a geometry column that declares it. */
  readonly srid?: number
}

const columnTypes: Readonly<Record<string, ColumnType>> = {
  bool: 'boolean',
  bpchar: 'string',
  date: 'timestamp',
  float4: 'number',
  float8: 'number',
  geography: 'geometry',
  geometry: 'geometry',
  int2: 'number',
  int4: 'number',
  int8: 'bigint',
  json: 'object',
  jsonb: 'object',
  name: 'string',
  numeric: 'number',
  oid: 'number',
  text: 'string',
  timestamp: 'timestamp',
  timestamptz: 'timestamp',
  uuid: 'string',
  varchar: 'string',
}

/** What the v3 API calls a type of PostgreSQL or PostGIS. */
export function columnTypeOf(typeName: string, isArray: boolean): ColumnType {
  return isArray ? 'array' : (columnTypes[typeName] ?? 'unknown')
}

/** The SRID in PostGIS's type modifier: bits 8 to 28, signed. Undefined where none is declared. */
export function sridOf(typeModifier: number): number | undefined {
  const srid = ((typeModifier & 0x0fffff00) - (typeModifier & 0x10000000)) >> 8
  return typeModifier >= 0 && srid > 0 ? srid : undefined
}
