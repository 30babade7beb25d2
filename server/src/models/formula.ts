import { readAggregate } from './aggregate.ts'
import type { Model } from './model.ts'
import { readOperand } from './operand.ts'
import { isGiven } from './read-params.ts'

/** One number of all rows: `{rows: [{value}]}`. */
export const formula: Model = (request) => {
  const { column } = request.params
  // A column that is named has to be there, even if only rows are counted.
  const operandOf = () => readOperand(request, 'column', 'joinOperation')
  if (isGiven(column) && column !== '*') operandOf()
  const value = readAggregate(request, operandOf)
  // The one group of all rows: an expression that is no aggregate is refused.
  return {
    rows: ({ from, where }) => `SELECT ${value} AS value FROM ${from} WHERE ${where} GROUP BY ()`,
  }
}
