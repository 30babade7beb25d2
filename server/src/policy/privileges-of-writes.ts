import type { FromItem, WriteTarget } from './column-reads.ts'
import { aliasOf, itemsOf, visitFrom, visitWith } from './privileges-of-queries.ts'
import {
  nodesOf,
  onTarget,
  type Scope,
  type TablePrivilege,
  type Visitor,
  type Walk,
} from './requirement.ts'
import type { SyntaxNode } from './statement-parser.ts'
import { relationOf } from './survey-statement.ts'

/** What statements that change rows ask for: also to read the table, where they look at its columns. */
export const writeVisitors: Readonly<Record<string, Visitor>> = {
  InsertStmt: visitInsert,
  UpdateStmt: (body, scope, walk) => visitChange(body, body.fromClause, ['update'], scope, walk),
  DeleteStmt: (body, scope, walk) => visitChange(body, body.usingClause, ['delete'], scope, walk),
  MergeStmt: (body, scope, walk) =>
    visitChange(body, body.sourceRelation, mergePrivileges(body), scope, walk),
}

function visitInsert(body: SyntaxNode, outer: Scope, walk: Walk): void {
  const { withClause, relation, selectStmt, onConflictClause, returningClause } = body
  const scope = visitWith(withClause, outer, walk)
  const target = targetOf(relation)
  walk.visit(selectStmt, scope)
  const items: FromItem[] = [
    { alias: aliasOf(relation), relation: target.relation, target },
    { alias: 'excluded', relation: undefined },
  ]
  const { action, infer, targetList, whereClause } = (onConflictClause ?? {}) as SyntaxNode
  // What is compared to find a conflict is read.
  if (infer !== undefined) target.readsSomething = true
  walk.visit([targetList, whereClause], { ...scope, levels: [items, ...scope.levels] })
  walk.visit(returningClause, { ...scope, levels: [items.slice(0, 1), ...scope.levels] })
  walk.found.push(
    onTarget(target, action === 'ONCONFLICT_UPDATE' ? ['insert', 'update'] : ['insert']),
  )
}

/** UPDATE, DELETE and MERGE: a table that is written to, and what else it is looked at with. */
function visitChange(
  body: SyntaxNode,
  from: unknown,
  privileges: readonly TablePrivilege[],
  outer: Scope,
  walk: Walk,
): void {
  const { withClause, relation, fromClause, usingClause, sourceRelation, ...rest } = body
  const scope = visitWith(withClause, outer, walk)
  const target = targetOf(relation)
  const items = [
    { alias: aliasOf(relation), relation: target.relation, target },
    ...itemsOf(from, scope),
  ]
  const inner = { ...scope, levels: [items, ...scope.levels] }
  visitFrom(from, inner, walk)
  walk.visit(rest, inner)
  walk.found.push(onTarget(target, privileges))
}

/** It always reads the table, to find out what matches. */
function mergePrivileges({ mergeWhenClauses }: SyntaxNode): TablePrivilege[] {
  const commands = nodesOf(mergeWhenClauses).map(
    ({ MergeWhenClause }) => (MergeWhenClause as SyntaxNode).commandType,
  )
  const written = (['insert', 'update', 'delete'] as const).filter((verb) =>
    commands.includes(`CMD_${verb.toUpperCase()}`),
  )
  return [...written, 'select']
}

function targetOf(relation: unknown): WriteTarget {
  return { relation: relationOf(relation as SyntaxNode), readsSomething: false, reads: [] }
}
