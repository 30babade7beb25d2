import type { Model } from './model.ts'
import { readOperand } from './operand.ts'
import { readCount } from './read-params.ts'

const maxPoints = 10_000

/** Pairs of values: `{rows: [{x, y}]}`, of rows that have both. */
export const scatterplot: Model = (request) => {
  const x = readOperand(request, 'xAxisColumn', 'xAxisJoinOperation')
  const y = readOperand(request, 'yAxisColumn', 'yAxisJoinOperation')
  const limit = readCount(request.params, 'limit', { otherwise: 500, min: 0, max: maxPoints })
  return {
    rows: ({ from, where }) =>
      `SELECT ${x.sql} AS x, ${y.sql} AS y FROM ${from}
WHERE ${where} AND ${x.sql} IS NOT NULL AND ${y.sql} IS NOT NULL LIMIT ${limit}`,
  }
}
