import { invalidParameter } from '../sources/invalid-parameter.ts'
import { aggregate } from './aggregate.ts'
import type { Model } from './model.ts'
import { readOperand } from './operand.ts'

/** The least and the greatest value of a column: `{rows: [{min, max}]}`. */
export const range: Model = (request) => {
  const operand = readOperand(request, 'column', 'joinOperation')
  if (!operand.isOrdered) {
    throw invalidParameter('params.column', 'a range needs a column of numbers, times or texts')
  }
  const [min, max] = [aggregate('min', operand), aggregate('max', operand)]
  return {
    rows: ({ from, where }) => `SELECT ${min} AS min, ${max} AS max FROM ${from} WHERE ${where}`,
  }
}
