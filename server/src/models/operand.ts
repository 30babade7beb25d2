import type { Column } from '../sources/column.ts'
import { columnSql } from '../sources/comparable-column.ts'
import { invalidParameter } from '../sources/invalid-parameter.ts'
import type { ModelRequest } from './model.ts'
import { getColumns, readWord } from './read-params.ts'

/** What is aggregated, plotted or counted in bins: a column, or several that are joined row by row. */
export type Operand = {
  readonly sql: string
  readonly isNumeric: boolean
  readonly isOrdered: boolean
  /** As PostgreSQL has it: values that are compared with it are as precise. */
  readonly typeName: string
}

/** Joins the values of several columns of a row, of which those that are null do not count. */
const joins = new Map<string, (values: readonly string[]) => string>([
  ['count', (values) => `${values.length}`],
  ['sum', (values) => `(${sumOf(values)})`],
  [
    'avg',
    (values) =>
      `((${sumOf(values)}) OPERATOR(pg_catalog./) NULLIF(pg_catalog.num_nonnulls(${values.join(', ')}), 0))`,
  ],
  ['min', (values) => `LEAST(${values.join(', ')})`],
  ['max', (values) => `GREATEST(${values.join(', ')})`],
])

function sumOf(values: readonly string[]): string {
  return values.map((value) => `COALESCE(${value}, 0)`).join(' OPERATOR(pg_catalog.+) ')
}

/** Reads a parameter that names a column, or several and how they are joined. */
export function readOperand(
  request: ModelRequest,
  parameter: string,
  joinParameter: string,
): Operand {
  const columns = getColumns(request, parameter)
  const [only, ...more] = columns
  if (only !== undefined && more.length === 0) return operandOf(only)
  if (!columns.every(isNumeric)) {
    throw invalidParameter(`params.${parameter}`, 'only columns of numbers are joined')
  }
  const join = readWord(request.params, joinParameter, joins)
  const values = columns.map((column) => `${columnSql(column)}::pg_catalog.float8`)
  return { sql: join(values), isNumeric: true, isOrdered: true, typeName: 'float8' }
}

/** A column alone. */
export function operandOf(column: Column): Operand {
  return {
    sql: columnSql(column),
    isNumeric: isNumeric(column),
    isOrdered: isNumeric(column) || ['timestamp', 'string'].includes(column.type),
    typeName: column.typeName,
  }
}

/** True for columns that can be added up. */
export function isNumeric({ type }: Column): boolean {
  return type === 'number' || type === 'bigint'
}
