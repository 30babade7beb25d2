import { parameterText } from '../policy/parameter-text.ts'
import type { Column } from './column.ts'
import { columnSql, comparableColumn } from './comparable-column.ts'
import { readTime, timesAmong, timesWithin } from './compile-times.ts'
import { columnNotFound, invalidParameter } from './invalid-parameter.ts'
import { isObject } from './is-object.ts'
import { createSqlParameters, type SqlParameters } from './sql-parameters.ts'
import { compileStringSearch, type SearchOptions } from './string-search.ts'

/** A condition over the source, and the values bound in it. */
export type Condition = { readonly sql: string; readonly values: readonly (string | null)[] }

/**
 * Compiles the `filters` of a request (the object; `{}` for none), `{column: {in|between|closed_open|time|stringSearch:
 * {values}}}`, to SQL over the source. A value that is null passes none of them. Values are bound,
 * from `$firstParameter` on; no filters are `true`. Throws invalid_parameter and column_not_found.
 */
export function compileFilters(
  filters: unknown,
  options: {
    /** `and` or `or`, between columns and between the filters of a column. */
    readonly logicalOperator?: unknown
    readonly columns: readonly Column[]
    readonly firstParameter: number
  },
): Condition {
  const parameters = createSqlParameters(options.firstParameter)
  const word = readLogicalOperator(options.logicalOperator)
  if (!isObject(filters)) throw invalidParameter('filters', 'it must be an object')
  const conditions = Object.entries(filters).flatMap(([name, ofColumn]) => {
    const column = options.columns.find((candidate) => candidate.name === name)
    if (column === undefined) throw columnNotFound(name)
    if (!isObject(ofColumn)) throw invalidParameter('filters', `"${name}" must be an object`)
    const entries = Object.entries(ofColumn)
    if (entries.length === 0) return [`${columnSql(column)} IS NOT NULL`]
    return entries.map(([type, filter]) => compileFilter(column, type, filter, parameters))
  })
  const sql = conditions.length === 0 ? 'true' : `(${conditions.join(` ${word} `)})`
  return { sql, values: parameters.values }
}

function readLogicalOperator(value: unknown): 'AND' | 'OR' {
  if (value === undefined || value === null || value === '') return 'AND'
  const word = typeof value === 'string' ? value.toUpperCase() : ''
  if (word === 'AND' || word === 'OR') return word
  throw invalidParameter('filtersLogicalOperator', 'it is neither "and" nor "or"')
}

function compileFilter(
  column: Column,
  type: string,
  filter: unknown,
  parameters: SqlParameters,
): string {
  const { values, params } = isObject(filter) ? filter : {}
  if (!Array.isArray(values)) {
    throw invalidParameter('filters', `"${column.name}" has a filter without a list of values`)
  }
  switch (type) {
    case 'in':
      return compileIn(column, values, parameters)
    case 'between':
      return compileIntervals(column, readIntervals(values, parameters), true, parameters)
    case 'closed_open':
      return compileIntervals(column, readIntervals(values, parameters), false, parameters)
    case 'time':
      if (!['timestamp', 'number', 'bigint'].includes(column.type)) {
        throw invalidParameter('filters', `"${column.name}" is no column of times`)
      }
      return compileIntervals(column, readIntervals(values, parameters), true, parameters)
    case 'stringSearch':
      if (['geometry', 'object', 'array'].includes(column.type)) {
        throw invalidParameter('filters', `"${column.name}" is no column of texts`)
      }
      return compileStringSearch(column, values, readSearchOptions(params), parameters)
    default:
      throw invalidParameter('filters', `there is no filter "${type}"`)
  }
}

function readSearchOptions(params: unknown): SearchOptions {
  if (params === undefined || params === null) return {}
  if (!isObject(params)) throw invalidParameter('filters', 'params must be an object')
  return params
}

function compileIn(column: Column, values: readonly unknown[], parameters: SqlParameters): string {
  // Null is no value that a column could have here.
  const wanted = values.filter((value) => value !== null)
  if (column.type === 'timestamp' && isDated(column)) {
    const times = wanted.map((value) => readTime(value, 'filters'))
    return timesAmong(column, times, parameters)
  }
  const comparable = comparableColumn(column, 'filters')
  const texts = wanted.map((value) => comparable.read(value))
  const list = parameters.add(parameterText(texts, 'filters'), `${comparable.typeOf(texts)}[]`)
  return `${comparable.sql} OPERATOR(pg_catalog.=) ANY (${list})`
}

type Interval = readonly [from: unknown, to: unknown]

/** Each is a condition of its own, which the planner weighs: values of all filters count. */
const maxIntervals = 1_000

function readIntervals(values: readonly unknown[], parameters: SqlParameters): Interval[] {
  if (values.length + parameters.values.length > 2 * maxIntervals || values.length > maxIntervals) {
    throw invalidParameter('filters', `it has more than ${maxIntervals} intervals`)
  }
  return values.map((value) => {
    if (!Array.isArray(value) || value.length > 2) {
      throw invalidParameter('filters', 'an interval is a list of two values')
    }
    return [value[0] ?? undefined, value[1] ?? undefined]
  })
}

function compileIntervals(
  column: Column,
  intervals: readonly Interval[],
  isClosed: boolean,
  parameters: SqlParameters,
): string {
  if (column.type === 'timestamp' && isDated(column)) {
    const read = (value: unknown) => (value === undefined ? value : readTime(value, 'filters'))
    const times = intervals.map(([from, to]) => [read(from), read(to)] as const)
    return timesWithin(column, times, isClosed, parameters)
  }
  const comparable = comparableColumn(column, 'filters')
  const { orderedSql } = comparable
  if (orderedSql === undefined) {
    throw invalidParameter('filters', `"${column.name}" has no values between others`)
  }
  const compare = (operator: string, value: unknown) => {
    if (value === undefined) return []
    const text = comparable.read(value)
    const bound = parameters.add(text, comparable.typeOf([text]))
    return [`${orderedSql} OPERATOR(pg_catalog.${operator}) ${bound}`]
  }
  const conditions = intervals.map(([from, to]) => {
    const bounds = [...compare('>=', from), ...compare(isClosed ? '<=' : '<', to)]
    return bounds.length === 0 ? `${orderedSql} IS NOT NULL` : `(${bounds.join(' AND ')})`
  })
  return conditions.length === 0 ? 'false' : `(${conditions.join(' OR ')})`
}

/** Times of a day are timestamps to clients, but no instants. */
function isDated({ typeName }: Column): boolean {
  return ['date', 'timestamp', 'timestamptz'].includes(typeName)
}
