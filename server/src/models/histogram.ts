import { parameterText } from '../policy/parameter-text.ts'
import { readNumber } from '../sources/comparable-column.ts'
import { invalidParameter } from '../sources/invalid-parameter.ts'
import { aggregate, readOperation } from './aggregate.ts'
import type { Model, ModelRequest } from './model.ts'
import { readOperand } from './operand.ts'

const maxTicks = 10_000

/**
 * A number for each bin between ticks: `{rows: [{tick, value}]}`. Bin 0 lies below the first tick, bin
 * i from tick i-1 up to but without tick i, the last from the last tick on. Empty bins are left out.
 */
export const histogram: Model = (request) => {
  const operand = readOperand(request, 'column', 'joinOperation')
  if (!operand.isNumeric) {
    throw invalidParameter('params.column', 'a histogram needs a column of numbers')
  }
  const value = aggregate(readOperation(request, 'count'), operand)
  const ticks = readTicks(request)
  // Ticks are as precise as what they divide: a stored 0.7 is not below 0.7.
  const type = ['float4', 'float8'].includes(operand.typeName) ? operand.typeName : 'numeric'
  return {
    rows: ({ from, where, parameters }) => {
      const bounds = parameters.add(parameterText(ticks, 'params.ticks'), `${type}[]`)
      const bin = `pg_catalog.width_bucket(${operand.sql}::pg_catalog.${type}, ${bounds})`
      return `SELECT ${bin} AS tick, ${value} AS value FROM ${from}
WHERE ${where} AND ${operand.sql} IS NOT NULL GROUP BY 1 ORDER BY 1`
    },
  }
}

function readTicks({ params: { ticks } }: ModelRequest): string[] {
  if (!Array.isArray(ticks) || ticks.length > maxTicks) {
    throw invalidParameter('params.ticks', `it must be a list of at most ${maxTicks} numbers`)
  }
  const texts = ticks.map((tick) => {
    const text = readNumber(tick)
    if (text === undefined) throw invalidParameter('params.ticks', 'it holds what is no number')
    return text
  })
  if (texts.some((text, index) => index > 0 && Number(text) < Number(texts[index - 1]))) {
    throw invalidParameter('params.ticks', 'they must ascend')
  }
  return texts
}
