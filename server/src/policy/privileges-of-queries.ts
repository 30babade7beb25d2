import { type FromItem, noteColumnRead } from './column-reads.ts'
import {
  askToMake,
  isTree,
  nodesOf,
  onTable,
  type Scope,
  type TablePrivilege,
  type Visitor,
  type Walk,
} from './requirement.ts'
import { splitName } from './split-name.ts'
import type { SyntaxNode } from './statement-parser.ts'
import { type RelationRef, relationOf } from './survey-statement.ts'

/** What SELECT, and what stands inside of it, asks for. */
export const queryVisitors: Readonly<Record<string, Visitor>> = {
  SelectStmt: (body, scope, walk) => visitSelect(body, scope, walk, false),
  ColumnRef: (body, { levels }, { spend }) => {
    spend(levels.reduce((sum, level) => sum + level.length + 1, 0))
    noteColumnRead(body, levels)
  },
  FuncCall: visitFunction,
  RangeVar: (body, scope, { found }) => {
    if (!isWithName(body, scope)) found.push(onTable(relationOf(body), ['select']))
  },
}

/** Visits the queries of a WITH clause; returns the scope of what stands behind it. */
export function visitWith(clause: unknown, scope: Scope, walk: Walk): Scope {
  const { ctes, recursive } = (isTree(clause) ? clause : {}) as SyntaxNode
  const queries = nodesOf(ctes).map((cte) => (cte.CommonTableExpr ?? {}) as SyntaxNode)
  const names = new Set(scope.names)
  const nameOf = (query: SyntaxNode) => String(query.ctename)
  if (recursive === true) for (const query of queries) names.add(nameOf(query))
  for (const query of queries) {
    walk.spend(names.size)
    walk.visit(query.ctequery, { ...scope, names: new Set(names) })
    names.add(nameOf(query))
  }
  return { ...scope, names }
}

function visitSelect(body: SyntaxNode, outer: Scope, walk: Walk, isLocked: boolean): void {
  const { withClause, fromClause, larg, rarg, intoClause, lockingClause, ...rest } = body
  const scope = visitWith(withClause, outer, walk)
  for (const side of [larg, rarg]) if (isTree(side)) visitSelect(side, scope, walk, isLocked)
  const inner = { ...scope, levels: [itemsOf(fromClause, scope), ...scope.levels] }
  visitFrom(fromClause, inner, walk, isLocked ? () => true : lockOf(lockingClause))
  walk.visit(rest, inner)
  askToMake((intoClause as SyntaxNode | undefined)?.rel, walk)
}

type IsLocked = (alias: string | undefined) => boolean

/** Which items of a FROM list FOR UPDATE and its like lock, by their names. */
function lockOf(lockingClause: unknown): IsLocked {
  const clauses = nodesOf(lockingClause).map(({ LockingClause }) => LockingClause as SyntaxNode)
  const named = clauses.flatMap(({ lockedRels }) =>
    nodesOf(lockedRels).map(({ RangeVar }) => (RangeVar as SyntaxNode).relname),
  )
  const locksAll = clauses.some(({ lockedRels }) => lockedRels === undefined)
  return (alias) => locksAll || named.includes(alias)
}

/** Visits a FROM list; what is locked is asked for as if it were updated. */
export function visitFrom(
  value: unknown,
  scope: Scope,
  walk: Walk,
  isLocked: IsLocked = () => false,
): void {
  const further = (item: unknown) => visitFrom(item, scope, walk, isLocked)
  if (Array.isArray(value)) {
    value.forEach(further)
    return
  }
  const [node, body] = entryOf(value)
  switch (node) {
    case 'RangeVar':
      walk.visit(value, scope)
      if (isLocked(aliasOf(body)) && !isWithName(body, scope)) {
        walk.found.push(onTable(relationOf(body), ['update']))
      }
      break
    case 'JoinExpr':
      further(body.larg)
      further(body.rarg)
      walk.visit(body.quals, scope)
      break
    case 'RangeTableSample':
      further(body.relation)
      walk.visit(body.args, scope)
      break
    case 'RangeSubselect': {
      const query = (body.subquery as SyntaxNode | undefined)?.SelectStmt
      if (isTree(query)) visitSelect(query, scope, walk, isLocked(aliasOf(body)))
      break
    }
    default:
      walk.visit(value, scope)
  }
}

/** What the names of columns can refer to in a FROM list. */
export function itemsOf(value: unknown, scope: Scope): FromItem[] {
  if (Array.isArray(value)) return value.flatMap((item) => itemsOf(item, scope))
  const [node, body] = entryOf(value)
  if (node === undefined) return []
  if (node === 'JoinExpr') return [...itemsOf(body.larg, scope), ...itemsOf(body.rarg, scope)]
  if (node === 'RangeTableSample') return itemsOf(body.relation, scope)
  const isRelation = node === 'RangeVar' && !isWithName(body, scope)
  return [{ alias: aliasOf(body), relation: isRelation ? relationOf(body) : undefined }]
}

/** By what name columns of an item are qualified. */
export function aliasOf(range: unknown): string | undefined {
  if (!isTree(range)) return undefined
  const { aliasname } = (range.alias ?? {}) as { readonly aliasname?: unknown }
  const name = aliasname ?? range.relname
  return typeof name === 'string' ? name : undefined
}

function entryOf(value: unknown): [string, SyntaxNode] | [undefined, SyntaxNode] {
  const [entry] = Object.entries((isTree(value) ? value : {}) as Record<string, SyntaxNode>)
  return entry ?? [undefined, {}]
}

function isWithName(range: SyntaxNode, { names }: Scope): boolean {
  const { schema, name } = relationOf(range)
  return schema === undefined && names.has(name)
}

/** What functions on sequences ask of the sequence that a constant names. */
const sequencePrivileges = new Map<string, TablePrivilege>([
  ['nextval', 'usage'],
  ['currval', 'usage'],
  ['setval', 'update'],
])

function visitFunction({ funcname, ...rest }: SyntaxNode, scope: Scope, walk: Walk): void {
  const words = nodesOf(funcname).map(({ String: word }) => String((word as SyntaxNode).sval))
  const name = words.at(-1) ?? ''
  walk.found.push({ what: 'function', schema: words.at(-2), name })
  const privilege = sequencePrivileges.get(name)
  const sequence = privilege === undefined ? undefined : sequenceOf(nodesOf(rest.args)[0])
  if (privilege !== undefined && sequence !== undefined) {
    walk.found.push(onTable(sequence, [privilege]))
  }
  walk.visit(rest, scope)
}

function sequenceOf(argument: SyntaxNode | undefined): RelationRef | undefined {
  const { arg } = (argument?.TypeCast ?? {}) as { readonly arg?: SyntaxNode }
  const constant = (arg ?? argument)?.A_Const as { sval?: { sval?: unknown } } | undefined
  const text = constant?.sval?.sval
  const [name, schema] = typeof text === 'string' ? (splitName(text) ?? []).reverse() : []
  if (name === undefined) return undefined
  return schema === undefined ? { name } : { schema, name }
}
