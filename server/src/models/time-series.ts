import { parameterText } from '../policy/parameter-text.ts'
import type { Column } from '../sources/column.ts'
import { columnSql } from '../sources/comparable-column.ts'
import { invalidParameter } from '../sources/invalid-parameter.ts'
import { readAggregate } from './aggregate.ts'
import { groupable } from './group.ts'
import { type Model, type ModelRequest, maxModelRows, type Scope } from './model.ts'
import { readOperand } from './operand.ts'
import { getColumn, isGiven, readCount, readTexts, readWord } from './read-params.ts'

/** Steps of a fixed length in milliseconds, or of so many months. */
const steps = new Map<string, { readonly unit: string; readonly months?: number }>([
  ['year', { unit: 'year', months: 12 }],
  ['month', { unit: 'month', months: 1 }],
  ['week', { unit: 'week' }],
  ['day', { unit: 'day' }],
  ['hour', { unit: 'hour' }],
  ['minute', { unit: 'minute' }],
  ['second', { unit: 'second' }],
])

const maxMultiplier = 100_000
/** A Monday, so that weeks begin on one; and the first month of months. */
const firstDay = { week: '1970-01-05', other: '1970-01-01' }
const maxCategories = 100
const usualCategories = 5

/**
 * A number for each step of time: `{rows: [{name, value}]}`, where the name is when the step begins,
 * in UTC. Split by a category, each row has the index of its category among `metadata.categories`.
 */
export const timeSeries: Model = (request) => {
  const { params } = request
  const column = getColumn(request, 'column')
  const isDated = ['date', 'timestamp', 'timestamptz'].includes(column.typeName)
  if (!isDated) throw invalidParameter('params.column', 'a time series needs a column of times')
  const operandParameter = isGiven(params.operationColumn) ? 'operationColumn' : 'column'
  const operandOf = () => readOperand(request, operandParameter, 'joinOperation')
  const value = readAggregate(request, operandOf, { counted: operandOf().sql })
  const name = stepStart(utcTime(column), request)
  const has = `pg_catalog.isfinite(${columnSql(column)})`
  const split = isGiven(params.splitByCategory) ? readSplit(request) : undefined
  if (split === undefined) {
    return {
      rows: ({ from, where }) =>
        `SELECT ${name} AS name, ${value} AS value FROM ${from}
WHERE ${where} AND ${has} GROUP BY 1 ORDER BY 1 LIMIT ${maxModelRows}`,
    }
  }
  return {
    rows: (scope) =>
      `WITH category AS (${split.categories(scope)})
SELECT ${name} AS name, ${value} AS value, category.place AS "categoryIndex"
FROM ${scope.from} JOIN category ON category.name OPERATOR(pg_catalog.=) ${split.name}
WHERE ${scope.where} AND ${has} GROUP BY 1, 3 ORDER BY 1, 3 LIMIT ${maxModelRows}`,
    metadata: split.metadata,
  }
}

/** The time of a row in UTC, without a zone. */
function utcTime(column: Column): string {
  const sql = columnSql(column)
  return column.typeName === 'timestamptz'
    ? `pg_catalog.timezone('UTC', ${sql})`
    : `${sql}::pg_catalog.timestamp`
}

function stepStart(time: string, { params }: ModelRequest): string {
  const { unit, months } = readWord(params, 'stepSize', steps)
  const multiplier = readCount(params, 'stepMultiplier', {
    otherwise: 1,
    min: 1,
    max: maxMultiplier,
  })
  if (multiplier === 1) return `pg_catalog.date_trunc('${unit}', ${time})`
  if (months === undefined) {
    const origin = unit === 'week' ? firstDay.week : firstDay.other
    return `pg_catalog.date_bin('${multiplier} ${unit}'::pg_catalog.interval, ${time}, '${origin}'::pg_catalog.timestamp)`
  }
  const part = (field: string) => `pg_catalog.date_part('${field}', ${time})::pg_catalog.int8`
  const month = `(${part('year')} OPERATOR(pg_catalog.*) 12 OPERATOR(pg_catalog.+) ${part('month')} OPERATOR(pg_catalog.-) 1)`
  const over = `(${month} OPERATOR(pg_catalog.%) ${months * multiplier})`
  return `(pg_catalog.date_trunc('month', ${time}) OPERATOR(pg_catalog.-) pg_catalog.make_interval(months => ${over}::pg_catalog.int4))`
}

/** By what a series is split, and into which categories. */
function readSplit(request: ModelRequest) {
  const { params } = request
  const name = `${columnSql(groupable(getColumn(request, 'splitByCategory')))}::pg_catalog.text`
  if (isGiven(params.splitByCategoryValues)) {
    const values = [...new Set(readTexts(params, 'splitByCategoryValues', maxCategories))]
    return {
      name,
      categories({ parameters }: Scope) {
        const list = parameters.add(parameterText(values, 'splitByCategoryValues'), 'text[]')
        return `SELECT given.name, given.place OPERATOR(pg_catalog.-) 1 AS place
FROM pg_catalog.unnest(${list}) WITH ORDINALITY AS given (name, place)`
      },
      metadata: { known: { categories: values } },
    }
  }
  const limit = readCount(params, 'splitByCategoryLimit', {
    otherwise: usualCategories,
    min: 1,
    max: maxCategories,
  })
  // Those with the most rows.
  const categories = ({ from, where }: Scope) =>
    `SELECT found.name, pg_catalog.row_number() OVER (ORDER BY found.rows DESC, found.name COLLATE pg_catalog."C") OPERATOR(pg_catalog.-) 1 AS place
FROM (SELECT ${name} AS name, pg_catalog.count(*) AS rows FROM ${from}
  WHERE ${where} AND ${name} IS NOT NULL GROUP BY 1) AS found
ORDER BY 2 LIMIT ${limit}`
  return {
    name,
    categories,
    metadata: (scope: Scope) =>
      `SELECT COALESCE(pg_catalog.array_agg(category.name ORDER BY category.place), '{}') AS categories
FROM (${categories(scope)}) AS category`,
  }
}
