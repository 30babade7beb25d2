import type { StatementShape } from './classify-statement.ts'
import type { RelationRef } from './survey-statement.ts'

/** Statements that write to relations which they name, and change nothing about anything else. */
const writingNodes = new Set([
  'InsertStmt',
  'UpdateStmt',
  'DeleteStmt',
  'MergeStmt',
  'CopyStmt',
  'TruncateStmt',
  'RefreshMatViewStmt',
])

/**
 * What a text may have written to by its shape: nothing, the relations that it names, or, undefined,
 * anything at all. What functions and triggers write is hidden from it.
 */
export function writtenTables(shape: StatementShape): readonly RelationRef[] | undefined {
  if (!shape.understood) return undefined
  const writing = shape.statements.filter(({ reads, node }) => !reads && node !== 'TransactionStmt')
  const isPlain = writing.every(({ node }) => writingNodes.has(node) || node === 'SelectStmt')
  return isPlain ? writing.flatMap(({ relations }) => relations) : undefined
}
