import type { Statement } from './classify-statement.ts'

/** One statement of a text, on its own. */
export type CutStatement = { readonly text: string; readonly controlsTransaction: boolean }

/**
 * The statements of a text as PostgreSQL's parser has found them. Each is then sent alone, by a
 * protocol that takes only one, so that nothing runs that was not classified. A text of one is left
 * as it is.
 */
export function cutScript(text: string, statements: readonly Statement[]): CutStatement[] {
  const [only, second] = statements
  if (second === undefined) return [{ text, controlsTransaction: only?.node === transactionNode }]
  return statements.map(({ node, range }) => ({
    text: text.slice(range.start, range.end),
    controlsTransaction: node === transactionNode,
  }))
}

const transactionNode = 'TransactionStmt'
