import {
  askToMake,
  isTree,
  nodesOf,
  onTable,
  type TablePrivilege,
  type Visitor,
} from './requirement.ts'
import { relationOf, surveyStatement } from './survey-statement.ts'

/** What statements on tables themselves ask for. */
export const definitionVisitors: Readonly<Record<string, Visitor>> = {
  CreateStmt: ({ relation, inhRelations, ...rest }, scope, walk) => {
    askToMake(relation, walk)
    for (const { RangeVar } of nodesOf(inhRelations)) {
      if (isTree(RangeVar)) walk.found.push(onTable(relationOf(RangeVar), ['ownership']))
    }
    walk.visit(rest, scope)
  },
  CreateTableAsStmt: ({ into, query }, scope, walk) => {
    askToMake(isTree(into) ? into.rel : undefined, walk)
    walk.visit(query, scope)
  },
  CreateSeqStmt: ({ sequence }, _scope, walk) => askToMake(sequence, walk),
  ViewStmt: ({ view, replace }, _scope, walk) => {
    // What a view reads is asked for when it is read.
    askToMake(view, walk)
    if (replace === true && isTree(view)) {
      walk.found.push(onTable(relationOf(view), ['ownership'], { mayBeAbsent: true }))
    }
  },
  // Its expressions run, and are looked at, when rows come.
  Constraint: ({ pktable }, _scope, { found }) => {
    if (isTree(pktable)) found.push(onTable(relationOf(pktable), ['references']))
  },
  TableLikeClause: ({ relation }, _scope, { found }) => {
    if (isTree(relation)) found.push(onTable(relationOf(relation), ['select']))
  },
  AlterTableStmt: ({ relation, cmds, missing_ok }, scope, walk) => {
    const mayBeAbsent = missing_ok === true
    if (isTree(relation)) {
      walk.found.push(onTable(relationOf(relation), ['ownership'], { mayBeAbsent }))
    }
    walk.visit(cmds, scope)
  },
  AlterObjectSchemaStmt: (body, scope, walk) => {
    askOfNamed('AlterObjectSchemaStmt', 'ownership')(body, scope, walk)
    const schema = typeof body.newschema === 'string' ? body.newschema : undefined
    walk.found.push({ what: 'creation', schema, isTemporary: false })
  },
  TruncateStmt: askOfNamed('TruncateStmt', 'truncate'),
  IndexStmt: askOfNamed('IndexStmt', 'ownership'),
  AlterSeqStmt: askOfNamed('AlterSeqStmt', 'ownership'),
  DropStmt: askOfNamed('DropStmt', 'ownership'),
  RenameStmt: askOfNamed('RenameStmt', 'ownership'),
  CommentStmt: askOfNamed('CommentStmt', 'ownership'),
  ReindexStmt: askOfNamed('ReindexStmt', 'ownership'),
  RefreshMatViewStmt: askOfNamed('RefreshMatViewStmt', 'ownership'),
}

/** The same of every relation that a statement names. */
function askOfNamed(node: string, privilege: TablePrivilege): Visitor {
  return (body, _scope, { found }) => {
    const mayBeAbsent = body.missing_ok === true
    for (const relation of surveyStatement(node, body).relations) {
      found.push(onTable(relation, [privilege], { mayBeAbsent }))
    }
  }
}
