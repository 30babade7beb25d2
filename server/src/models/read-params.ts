import type { Column } from '../sources/column.ts'
import { columnNotFound, invalidParameter } from '../sources/invalid-parameter.ts'
import type { ModelRequest } from './model.ts'

type Params = ModelRequest['params']

/** Absent, null and an empty text are no value. */
export function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== ''
}

/** A column by the name that a parameter holds. Throws column_not_found. */
export function getColumn({ params, columns }: ModelRequest, parameter: string): Column {
  const name = params[parameter]
  if (!isGiven(name)) throw invalidParameter(`params.${parameter}`, 'it is missing')
  return findColumn(columns, name, parameter)
}

/** Columns by a name or a list of names. Throws column_not_found. */
export function getColumns(request: ModelRequest, parameter: string): Column[] {
  const names = request.params[parameter]
  if (!Array.isArray(names)) return [getColumn(request, parameter)]
  if (names.length === 0) throw invalidParameter(`params.${parameter}`, 'it is an empty list')
  return names.map((name) => findColumn(request.columns, name, parameter))
}

function findColumn(columns: readonly Column[], name: unknown, parameter: string): Column {
  if (typeof name !== 'string') {
    throw invalidParameter(`params.${parameter}`, 'the name of a column is a text')
  }
  const column = columns.find((candidate) => candidate.name === name)
  if (column === undefined) throw columnNotFound(name)
  return column
}

/** A whole number from `min` to `max`; larger ones are `max`. */
export function readCount(
  params: Params,
  parameter: string,
  {
    otherwise,
    min,
    max,
  }: { readonly otherwise: number; readonly min: number; readonly max: number },
): number {
  const value = params[parameter]
  if (!isGiven(value)) return otherwise
  const count = typeof value === 'string' ? Number(value) : value
  if (typeof count !== 'number' || !Number.isInteger(count) || count < min) {
    throw invalidParameter(`params.${parameter}`, `it must be a whole number from ${min} on`)
  }
  return Math.min(count, max)
}

/** One of the words of a table, which stands for something; `otherwise` where none is sent. */
export function readWord<T>(
  params: Params,
  parameter: string,
  words: ReadonlyMap<string, T>,
  otherwise?: string,
): T {
  const value = isGiven(params[parameter]) ? params[parameter] : otherwise
  const found = typeof value === 'string' ? words.get(value.toLowerCase()) : undefined
  if (found === undefined) {
    throw invalidParameter(
      `params.${parameter}`,
      `it must be one of ${[...words.keys()].join(', ')}`,
    )
  }
  return found
}

/** Texts of a list. */
export function readTexts(params: Params, parameter: string, max: number): string[] {
  const values = params[parameter]
  if (!Array.isArray(values) || values.some((value) => typeof value !== 'string')) {
    throw invalidParameter(`params.${parameter}`, 'it must be a list of texts')
  }
  if (values.length > max) {
    throw invalidParameter(`params.${parameter}`, `it has more than ${max} values`)
  }
  return values
}
