import { statementKindOf } from './statement-kind.ts'
import type { SyntaxNode } from './statement-parser.ts'
import { surveyStatement } from './survey-statement.ts'

/** What a COPY does, as far as its shape tells. */
export type CopyFacts = {
  readonly direction: 'from' | 'to'
  /** STDIN or STDOUT: not a file of the server, nor a program on it. */
  readonly isOfClient: boolean
  /** Copies what a statement gives, which may take any time to compute. */
  readonly isOfQuery: boolean
  /** False when it copies what a statement gives that is not a SELECT which only reads. */
  readonly reads: boolean
}

/** The facts of a COPY; undefined when the statement is none. */
export function readCopy(node: string, body: SyntaxNode): CopyFacts | undefined {
  if (node !== 'CopyStmt') return undefined
  const direction = body.is_from === true ? 'from' : 'to'
  return {
    direction,
    isOfClient: body.filename === undefined && body.is_program !== true,
    isOfQuery: body.query !== undefined,
    reads: direction === 'to' && readsOnly(body),
  }
}

function readsOnly({ query, relation }: SyntaxNode): boolean {
  if (query === undefined) return relation !== undefined
  const [entry] = Object.entries(query as { readonly [node: string]: SyntaxNode })
  if (entry === undefined) return false
  const [node, body] = entry
  return statementKindOf(node, body) === 'select' && surveyStatement(node, body).reads
}
