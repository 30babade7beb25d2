import { parameterText } from '../policy/parameter-text.ts'
import type { Column } from './column.ts'
import { columnSql } from './comparable-column.ts'
import { invalidParameter } from './invalid-parameter.ts'
import type { SqlParameters } from './sql-parameters.ts'

/** Between these, PostgreSQL and JavaScript write the same dates. */
const earliestMs = Date.parse('0001-01-01T00:00:00Z')
const latestMs = Date.parse('9999-12-31T23:59:59.999Z')

/** Reads a time of a request: milliseconds since 1970, or what `Date` understands. */
export function readTime(value: unknown, parameter: string): number {
  const ms =
    typeof value === 'number'
      ? value
      : typeof value === 'string'
        ? new Date(value).getTime()
        : Number.NaN
  if (Number.isNaN(ms)) throw invalidParameter(parameter, 'a value is no time')
  return ms
}

/** The SQL type that times are compared as with a column: one of UTC where it has no zone. */
function timeType({ typeName }: Column): 'timestamp' | 'timestamptz' {
  return typeName === 'timestamptz' ? 'timestamptz' : 'timestamp'
}

function timeText(ms: number): string {
  if (ms < earliestMs) return '-infinity'
  if (ms > latestMs) return 'infinity'
  // Sessions are in UTC, so a `timestamp` without the Z is the same instant.
  return new Date(ms).toISOString().replace('Z', '')
}

/**
 * SQL that is true for rows whose time lies in one of the intervals: from `from` up to, and with
 * `isClosed` including, `to`, in milliseconds. Clients know nothing finer than a millisecond, so one
 * that ends in a millisecond has the whole of it.
 */
export function timesWithin(
  column: Column,
  intervals: readonly (readonly [from: number | undefined, to: number | undefined])[],
  isClosed: boolean,
  parameters: SqlParameters,
): string {
  const sql = columnSql(column)
  const type = timeType(column)
  const at = (ms: number) => parameters.add(timeText(ms), type)
  const conditions = intervals.map(([from, to]) => {
    const bounds = [
      ...(from === undefined ? [] : [`${sql} OPERATOR(pg_catalog.>=) ${at(Math.ceil(from))}`]),
      ...(to === undefined
        ? []
        : [
            isClosed
              ? `${sql} OPERATOR(pg_catalog.<) ${at(Math.floor(to) + 1)}`
              : `${sql} OPERATOR(pg_catalog.<) ${at(Math.ceil(to))}`,
          ]),
    ]
    return bounds.length === 0 ? `${sql} IS NOT NULL` : `(${bounds.join(' AND ')})`
  })
  return conditions.length === 0 ? 'false' : `(${conditions.join(' OR ')})`
}

/** SQL that is true for rows whose time is one of these, to the millisecond. */
export function timesAmong(
  column: Column,
  times: readonly number[],
  parameters: SqlParameters,
): string {
  const type = timeType(column)
  const list = parameters.add(parameterText(times.map(timeText), 'filters'), `${type}[]`)
  return `pg_catalog.date_trunc('milliseconds', ${columnSql(column)}::pg_catalog.${type}) OPERATOR(pg_catalog.=) ANY (${list})`
}
