import { invalidParameter } from '../sources/invalid-parameter.ts'
import { parseFragment } from '../sources/parse-fragment.ts'
import type { ModelRequest } from './model.ts'
import type { Operand } from './operand.ts'
import { readWord } from './read-params.ts'

export type Operation = 'count' | 'avg' | 'min' | 'max' | 'sum'

const operations = new Map<string, Operation>(
  (['count', 'avg', 'min', 'max', 'sum'] as const).map((name) => [name, name]),
)

/** The operation of a model that takes no expression. */
export function readOperation(request: ModelRequest, otherwise?: Operation): Operation {
  return readWord(request.params, 'operation', operations, otherwise)
}

/**
 * SQL for the `operation` of a model: an aggregate of the operand, or with `custom` the caller's
 * `operationExp`. `operandOf` is asked where one is needed. Counting counts `counted`: rows, unless
 * something else is said.
 */
export function readAggregate(
  request: ModelRequest,
  operandOf: () => Operand,
  { counted = '*' }: { readonly counted?: string } = {},
): string {
  const { params, columns, postgisSchema } = request
  if (typeof params.operation === 'string' && params.operation.toLowerCase() === 'custom') {
    if (typeof params.operationExp !== 'string') {
      throw invalidParameter('params.operationExp', 'the operation "custom" needs one')
    }
    const [fragment] = parseFragment(params.operationExp, {
      kind: 'expression',
      parameter: 'params.operationExp',
      columns,
      postgisSchema,
    })
    if (fragment !== undefined) return fragment.sql
  }
  const operation = readOperation(request, 'count')
  return operation === 'count' ? `pg_catalog.count(${counted})` : aggregate(operation, operandOf())
}

/** SQL for an aggregate of an operand that is not null. Throws invalid_parameter where it has none. */
export function aggregate(operation: Operation, operand: Operand): string {
  const { sql, isNumeric, isOrdered, typeName } = operand
  const needsNumbers = operation === 'sum' || operation === 'avg'
  if (operation !== 'count' && !(needsNumbers ? isNumeric : isOrdered)) {
    throw invalidParameter(
      'params.operation',
      `${operation} needs a column of ${needsNumbers ? 'numbers' : 'numbers, times or texts'}`,
    )
  }
  // PostgreSQL would add up single precision in single precision.
  const value = needsNumbers && typeName === 'float4' ? `${sql}::pg_catalog.float8` : sql
  return `pg_catalog.${operation}(${value})`
}
