import { quoteIdentifier } from '../store/quote-identifier.ts'
import type { Column } from './column.ts'
import { invalidParameter } from './invalid-parameter.ts'
import { sourceAlias } from './print-expression.ts'

/** A column as SQL that values can be compared with. */
export type ComparableColumn = {
  readonly sql: string
  /** The type that bound values are cast to, given all of them. */
  typeOf(values: readonly string[]): string
  /** A value of a request as PostgreSQL reads it. Throws invalid_parameter. */
  read(value: unknown): string
  /** The same where order counts; undefined where only equality makes sense. */
  readonly orderedSql: string | undefined
}

/** A column of the source, quoted. */
export function columnSql({ name }: Pick<Column, 'name'>): string {
  return `${sourceAlias}.${quoteIdentifier(name)}`
}

const wholeNumber = /^-?\d{1,15}$/
const wholeNumberTypes = new Set(['int2', 'int4', 'int8', 'oid'])

/**
 * How a column is compared with the values of a filter; times are not, see `compileTimes`.
 * `parameter` is what a refusal names.
 */
export function comparableColumn(column: Column, parameter: string): ComparableColumn {
  const sql = columnSql(column)
  const refuse = (what: string): never => {
    throw invalidParameter(parameter, what)
  }
  switch (column.type) {
    case 'number':
    case 'bigint':
      return {
        sql,
        // Whole numbers among whole numbers, so that an index is of use. What is stored with less
        // precision is compared with less: 0.1 is 0.1.
        typeOf: (values) => {
          if (!wholeNumberTypes.has(column.typeName)) return column.typeName
          return values.every((value) => wholeNumber.test(value)) ? 'int8' : 'numeric'
        },
        read: (value) => readNumber(value) ?? refuse('a value is no number'),
        orderedSql: sql,
      }
    case 'boolean':
      return {
        sql,
        typeOf: () => 'bool',
        read: (value) =>
          value === true || value === 'true'
            ? 'true'
            : value === false || value === 'false'
              ? 'false'
              : refuse('a value is neither true nor false'),
        orderedSql: undefined,
      }
    case 'string':
      return {
        sql: `${sql}::pg_catalog.text`,
        typeOf: () => 'text',
        read: (value) => (typeof value === 'string' ? value : refuse('a value is no text')),
        // As clients compare texts: by their characters' numbers.
        orderedSql: `${sql}::pg_catalog.text COLLATE pg_catalog."C"`,
      }
    case 'unknown':
      return {
        sql: `${sql}::pg_catalog.text`,
        typeOf: () => 'text',
        read: (value) => (typeof value === 'string' ? value : refuse('a value is no text')),
        orderedSql: undefined,
      }
    default:
      return refuse(`a column of the type ${column.type} is not compared with values`)
  }
}

/** A number of JSON, or one that JSON would lose digits of and that is sent as text. */
export function readNumber(value: unknown): string | undefined {
  const text = typeof value === 'number' || typeof value === 'string' ? String(value).trim() : ''
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,4})?$/i.test(text) ? text : undefined
}
