import { invalidParameter } from '../sources/invalid-parameter.ts'
import { isObject } from '../sources/is-object.ts'
import { parseFragment } from '../sources/parse-fragment.ts'
import { quoteIdentifier } from '../store/quote-identifier.ts'
import { readAggregate } from './aggregate.ts'
import type { Model, ModelRequest } from './model.ts'
import { readOperand } from './operand.ts'
import { isGiven } from './read-params.ts'

const parameter = 'params.aggregations'
const maxAggregations = 100

/** Several numbers of all rows, each with a name: `{rows: [{name: number}]}`. */
export const aggregations: Model = (request) => {
  const { aggregations: asked } = request.params
  const parts =
    typeof asked === 'string' ? readExpressions(request, asked) : readList(request, asked)
  const list = parts.map(({ sql, alias }) => `${sql} AS ${quoteIdentifier(alias)}`).join(', ')
  // The one group of all rows: an expression that is no aggregate is refused.
  return { rows: ({ from, where }) => `SELECT ${list} FROM ${from} WHERE ${where} GROUP BY ()` }
}

type Aggregation = { readonly sql: string; readonly alias: string }

function readExpressions({ columns, postgisSchema }: ModelRequest, text: string): Aggregation[] {
  return parseFragment(text, { kind: 'aggregations', parameter, columns, postgisSchema }).map(
    ({ sql, alias = '' }) => ({ sql, alias }),
  )
}

function readList(request: ModelRequest, asked: unknown): Aggregation[] {
  if (!Array.isArray(asked) || asked.length === 0 || asked.length > maxAggregations) {
    throw invalidParameter(parameter, `it must be a text, or a list of 1 to ${maxAggregations}`)
  }
  const aliases = new Set<string>()
  return asked.map((entry: unknown) => {
    if (!isObject(entry) || typeof entry.alias !== 'string' || entry.alias === '') {
      throw invalidParameter(parameter, 'each has a column, an operation and an alias')
    }
    const { alias, column, operation } = entry
    // Clients put names into lower case.
    if (aliases.has(alias.toLowerCase())) {
      throw invalidParameter(parameter, `the alias "${alias}" stands twice`)
    }
    aliases.add(alias.toLowerCase())
    const one = { ...request, params: { column, operation } }
    const operandOf = () => readOperand(one, 'column', 'joinOperation')
    if (isGiven(column) && column !== '*') operandOf()
    return { sql: readAggregate(one, operandOf), alias }
  })
}
