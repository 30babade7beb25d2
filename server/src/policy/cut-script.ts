import { AccessError } from '../errors.ts'
import type { Statement } from './classify-statement.ts'

/** One statement of a text, on its own. */
export type CutStatement = {
  readonly text: string
  readonly controlsTransaction: boolean
  /** What its parameters are bound to, where it has some. */
  readonly values?: readonly (string | null)[]
}

/**
 * The statements of a text as PostgreSQL's parser has found them. Each is then sent alone, by a
 * protocol that takes only one, so that nothing runs that was not classified. A text of one is left
 * as it is. Throws invalid_parameter when there are values and not exactly one statement.
 */
export function cutScript(
  text: string,
  statements: readonly Statement[],
  values: readonly (string | null)[] = [],
): CutStatement[] {
  const [only, second] = statements
  if (values.length > 0 && (only === undefined || second !== undefined)) {
    throw new AccessError('invalid_parameter', {
      message: 'Parameters are for one statement alone: send several without queryParameters.',
    })
  }
  if (second === undefined) {
    const controlsTransaction = only?.node === transactionNode
    return [{ text, controlsTransaction, ...(values.length > 0 && { values }) }]
  }
  return statements.map(({ node, range }) => ({
    text: text.slice(range.start, range.end),
    controlsTransaction: node === transactionNode,
  }))
}

const transactionNode = 'TransactionStmt'
