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
  /** What PostgreSQL calls the type; empty for one that an account has made. */
  readonly typeName: string
  readonly type: ColumnType
  /** Of a geometry column that declares it. */
  readonly srid?: number
}
