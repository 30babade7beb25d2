import type { Column } from '../sources/column.ts'
import { columnSql } from '../sources/comparable-column.ts'
import { columnNotFound, invalidParameter } from '../sources/invalid-parameter.ts'
import type { Source } from '../sources/open-source.ts'
import { quoteIdentifier, quoteLiteral } from '../store/quote-identifier.ts'
import type { Session } from '../warehouse/session.ts'
import { aggregate } from './aggregate.ts'
import { compileSelection, readRows, type Selection, type Writing } from './answer-model.ts'
import { findPlaceColumn } from './geometry-column.ts'
import { inDegrees } from './in-degrees.ts'
import type { ModelStatement } from './model.ts'
import { operandOf } from './operand.ts'

/** Into how many groups of the same size quantiles cut, from and to. */
const quantileGroups = { from: 3, to: 20 }
const maxCategories = 1_000

/**
 * Statistics of one column of an open source, as JSON text: of numbers their range, average, sum and
 * quantiles; of times their range; of texts and truths how often each occurs; of geometries where they
 * lie. Throws as `answerModel` does.
 */
export async function answerStats(
  session: Session,
  source: Source,
  question: Selection & { readonly column: string },
  writing: Writing,
): Promise<string> {
  const { columns, postgisSchema } = source
  const column =
    columns.find(({ name }) => name === question.column) ??
    findPlaceColumn(columns, question.column)
  if (column === undefined) throw columnNotFound(question.column)
  const statement = statsStatement(column, postgisSchema)
  const selected = await compileSelection(session, source, question, {
    params: {},
    geometry: undefined,
  })
  return readRows(session, selected, statement, writing)
}

function statsStatement(column: Column, postgisSchema: string): ModelStatement {
  switch (column.type) {
    case 'number':
    case 'bigint':
      return numberStats(column)
    case 'timestamp':
      return timeStats(column)
    case 'string':
    case 'boolean':
    case 'unknown':
      return categoryStats(column)
    case 'geometry':
      return geometryStats(column, postgisSchema)
    default:
      throw invalidParameter('column', `there are no statistics of "${column.name}"`)
  }
}

function labels(column: Column, type: string): string {
  return `${quoteLiteral(column.name)} AS attribute, '${type}' AS type`
}

function numberStats(column: Column): ModelStatement {
  const operand = operandOf(column)
  const all = (['min', 'max', 'avg', 'sum'] as const)
    .map((operation) => `${aggregate(operation, operand)} AS ${operation}`)
    .join(', ')
  const fractions: string[] = []
  const groups: string[] = []
  for (let count = quantileGroups.from; count <= quantileGroups.to; count += 1) {
    const start = fractions.length + 1
    for (let index = 0; index <= count; index += 1) fractions.push(`${index}.0 / ${count}`)
    groups.push(`'${count}', found.bounds[${start}:${fractions.length}]`)
  }
  return ({ from, where }) => `SELECT ${labels(column, 'Number')},
  found.min, found.max, found.avg, found.sum, CASE WHEN found.bounds IS NULL THEN '{}'
    ELSE pg_catalog.json_build_object(${groups.join(', ')}) END AS quantiles
FROM (SELECT ${all}, pg_catalog.percentile_disc(ARRAY[${fractions.join(', ')}]::pg_catalog.float8[])
    WITHIN GROUP (ORDER BY ${operand.sql}) AS bounds
  FROM ${from} WHERE ${where}) AS found`
}

function timeStats(column: Column): ModelStatement {
  const operand = operandOf(column)
  return ({ from, where }) => `SELECT ${labels(column, 'Timestamp')},
  ${aggregate('min', operand)} AS min, ${aggregate('max', operand)} AS max
FROM ${from} WHERE ${where}`
}

/** The most frequent first; null is a category too. */
function categoryStats(column: Column): ModelStatement {
  const isBoolean = column.type === 'boolean'
  const name = isBoolean ? columnSql(column) : `${columnSql(column)}::pg_catalog.text`
  return ({ from, where }) => `SELECT ${labels(column, isBoolean ? 'Boolean' : 'String')},
  COALESCE(pg_catalog.json_agg(pg_catalog.json_build_object(
    'category', found.category, 'frequency', found.frequency)
    ORDER BY found.frequency DESC, found.category), '[]') AS categories
FROM (SELECT ${name} AS category, pg_catalog.count(*) AS frequency
  FROM ${from} WHERE ${where} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ${maxCategories}) AS found`
}

function geometryStats(column: Column, postgisSchema: string): ModelStatement {
  const postgis = quoteIdentifier(postgisSchema)
  const side = (name: string) => `'${name}', ${postgis}.st_${name}(found.box)`
  return ({ from, where }) => `SELECT ${labels(column, 'Geometry')},
  pg_catalog.json_build_object(${['xmin', 'ymin', 'xmax', 'ymax'].map(side).join(', ')}) AS extent
FROM (SELECT ${postgis}.st_extent(${inDegrees(column, postgisSchema)}) AS box
  FROM ${from} WHERE ${where}) AS found`
}
