import { hash } from 'node:crypto'
import { parseStatements, type SyntaxNode } from './statement-parser.ts'

/** Where something stood in the text: all that blanks, comments and the case of keywords change. */
const locations = new Set([
  'location',
  'stmt_location',
  'stmt_len',
  'list_start',
  'list_end',
  'name_location',
])

/**
 * What a text of SQL is recognised by: two texts have the same fingerprint when PostgreSQL's grammar
 * makes the same tree of them, constants included. White space, comments, the case of keywords and
 * of bare names, and a semicolon at the end do not matter; anything else does, the names that its
 * parameters had (`numberParameters`) included. Throws what the parser throws.
 */
export function fingerprintStatement(sql: string, names: readonly string[] = []): string {
  const trees = parseStatements(sql).map(({ node, body }) => [node, body])
  const text = JSON.stringify([trees, names], (name, value: SyntaxNode) =>
    locations.has(name) ? undefined : value,
  )
  return hash('sha256', text, 'base64url')
}
