import { columnSql } from '../sources/comparable-column.ts'
import { readAggregate } from './aggregate.ts'
import { groupable, nameOrder } from './group.ts'
import { type Model, maxModelRows } from './model.ts'
import { readOperand } from './operand.ts'
import { getColumn, isGiven, readCount, readWord } from './read-params.ts'

type Order = (names: { readonly up: string; readonly down: string }) => string

const orders = new Map<string, Order>([
  ['frequency_desc', ({ up }) => `value DESC NULLS LAST, ${up}`],
  ['frequency_asc', ({ up }) => `value NULLS LAST, ${up}`],
  ['alphabetical_asc', ({ up }) => `${up}, value DESC NULLS LAST`],
  ['alphabetical_desc', ({ down }) => `${down}, value DESC NULLS LAST`],
])

/**
 * A number for each value of a column: `{rows: [{name, value}]}`, and with `othersThreshold` the
 * number of all rows that belong to none of the first so many of them, as `metadata.others`.
 */
export const category: Model = (request) => {
  const { params } = request
  const column = groupable(getColumn(request, 'column'))
  const operandParameter = isGiven(params.operationColumn) ? 'operationColumn' : 'column'
  const value = readAggregate(request, () =>
    readOperand(request, operandParameter, 'joinOperation'),
  )
  const order = readWord(params, 'orderBy', orders, 'frequency_desc')(nameOrder(request, column))
  const threshold = readCount(params, 'othersThreshold', {
    otherwise: 0,
    min: 0,
    max: maxModelRows,
  })
  const name = columnSql(column)
  const groups = (from: string, where: string, limit: number) =>
    `SELECT ${name} AS name, ${value} AS value FROM ${from} WHERE ${where} GROUP BY ${name} ORDER BY ${order} LIMIT ${limit}`
  return {
    rows: ({ from, where }) => groups(from, where, maxModelRows),
    ...(threshold > 0 && {
      metadata: ({ from, where }) =>
        `WITH first AS (${groups(from, where, threshold)})
SELECT ${value} AS others FROM ${from}
WHERE ${where} AND NOT EXISTS (SELECT FROM first WHERE first.name IS NOT DISTINCT FROM ${name})`,
    }),
  }
}
