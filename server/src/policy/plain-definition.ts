import { plainFunctions } from './plain-functions.ts'
import type { SyntaxNode } from './statement-parser.ts'
import { isNodeName } from './survey-statement.ts'

/**
 * True when the definition of a table or an index holds nothing but columns, constants, built-in
 * functions that only compute, and changes that stay within the table.
 *
 * A default, a check, a generated column or an index expression runs as whoever touches the table
 * later. A key that may create tables could otherwise leave an expression behind that does its
 * bidding with the rights of the account's owner. It cannot write functions, so it is enough to
 * refuse those that others wrote. Everything that is not listed here is refused.
 */
export function isPlainDefinition(node: string, body: SyntaxNode): boolean {
  const pending: unknown[] = [{ [node]: body }]
  while (pending.length > 0) {
    const value = pending.pop()
    if (Array.isArray(value)) {
      for (const item of value) pending.push(item)
    } else if (typeof value === 'object' && value !== null) {
      for (const [member, child] of Object.entries(value)) {
        if (isNodeName(member) && !isPlainNode(member, child as SyntaxNode)) return false
        pending.push(child)
      }
    }
  }
  return true
}

function isPlainNode(node: string, body: SyntaxNode): boolean {
  switch (node) {
    case 'FuncCall':
      return isPlainCall(body)
    case 'A_Expr':
      return isTrusted(wordsOf(body.name).slice(0, -1))
    case 'ColumnRef':
      // `a.b` calls the function b when a has no such column.
      return wordsOf(body.fields).length === 1
    case 'AlterTableCmd':
      return plainChanges.has(String(body.subtype))
    default:
      return plainNodes.has(node)
  }
}

function isPlainCall(call: SyntaxNode): boolean {
  const words = wordsOf(call.funcname)
  const name = words.at(-1)
  return (
    name !== undefined &&
    plainFunctions.has(name) &&
    isTrusted(words.slice(0, -1)) &&
    call.over === undefined &&
    call.agg_filter === undefined &&
    call.agg_order === undefined
  )
}

/** Unqualified names find the built-in ones first; a key cannot create functions or operators. */
function isTrusted(qualifier: readonly string[]): boolean {
  const [schema] = qualifier
  return schema === undefined || schema === 'pg_catalog' || schema === 'postgis'
}

function wordsOf(list: unknown): string[] {
  if (!Array.isArray(list)) return []
  return list.map((item: { String?: { sval?: unknown } }) => String(item.String?.sval))
}

const plainNodes = new Set([
  // The statements and their parts
  'CreateStmt',
  'AlterTableStmt',
  'IndexStmt',
  'ColumnDef',
  'Constraint',
  'ATAlterConstraint',
  'DefElem',
  'IndexElem',
  'PartitionBoundSpec',
  'PartitionCmd',
  'PartitionElem',
  'PartitionRangeDatum',
  'PartitionSpec',
  'RangeVar',
  'TableLikeClause',
  'TypeName',
  // Values
  'A_Const',
  'BitString',
  'Boolean',
  'Float',
  'Integer',
  'List',
  'String',
  'SQLValueFunction',
  // Expressions
  'A_ArrayExpr',
  'BoolExpr',
  'BooleanTest',
  'CaseExpr',
  'CaseWhen',
  'CoalesceExpr',
  'CollateClause',
  'MinMaxExpr',
  'NamedArgExpr',
  'NullTest',
  'TypeCast',
])

/** What ALTER TABLE may do without changing who owns the table or what guards it. */
const plainChanges = new Set([
  'AT_AddColumn',
  'AT_AddConstraint',
  'AT_AddIdentity',
  'AT_AddIndexConstraint',
  'AT_AddInherit',
  'AT_AlterColumnType',
  'AT_AlterConstraint',
  'AT_AttachPartition',
  'AT_ClusterOn',
  'AT_ColumnDefault',
  'AT_DetachPartition',
  'AT_DetachPartitionFinalize',
  'AT_DropCluster',
  'AT_DropColumn',
  'AT_DropConstraint',
  'AT_DropExpression',
  'AT_DropIdentity',
  'AT_DropInherit',
  'AT_DropNotNull',
  'AT_ResetOptions',
  'AT_ResetRelOptions',
  'AT_SetCompression',
  'AT_SetExpression',
  'AT_SetIdentity',
  'AT_SetLogged',
  'AT_SetNotNull',
  'AT_SetOptions',
  'AT_SetRelOptions',
  'AT_SetStatistics',
  'AT_SetStorage',
  'AT_SetUnLogged',
  'AT_ValidateConstraint',
])
