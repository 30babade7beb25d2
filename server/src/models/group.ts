import type { Column } from '../sources/column.ts'
import { columnSql } from '../sources/comparable-column.ts'
import { invalidParameter } from '../sources/invalid-parameter.ts'
import type { ModelRequest } from './model.ts'
import { isNumeric } from './operand.ts'

/** A column whose values can name groups. Throws invalid_parameter for any other. */
export function groupable(column: Column): Column {
  if (!['geometry', 'object', 'array'].includes(column.type)) return column
  throw invalidParameter('params', `the values of "${column.name}" are no categories`)
}

/**
 * SQL to order groups by their names, up and down: numbers and times by what they are, texts as
 * Unicode orders them, and what has no name as if it were called `null`.
 */
export function nameOrder(
  { hasUnicodeCollation }: Pick<ModelRequest, 'hasUnicodeCollation'>,
  column: Column,
): { readonly up: string; readonly down: string } {
  const sql = columnSql(column)
  if (isNumeric(column) || column.type === 'timestamp') {
    return { up: `${sql} NULLS LAST`, down: `${sql} DESC NULLS FIRST` }
  }
  const collation = hasUnicodeCollation ? '"und-x-icu"' : '"C"'
  const text = `COALESCE(${sql}::pg_catalog.text, 'null') COLLATE pg_catalog.${collation}`
  return { up: text, down: `${text} DESC` }
}
