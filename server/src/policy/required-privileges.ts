import { definitionVisitors } from './privileges-of-definitions.ts'
import { queryVisitors } from './privileges-of-queries.ts'
import { writeVisitors } from './privileges-of-writes.ts'
import { isTree, type Requirement, type Scope, type Visitor, type Walk } from './requirement.ts'
import { statementKindOf } from './statement-kind.ts'
import type { ParsedStatement, SyntaxNode } from './statement-parser.ts'
import type { StatementKind } from './statement-policy.ts'
import { isNodeName, type RelationRef } from './survey-statement.ts'

export type RequiredPrivileges = {
  readonly requirements: readonly Requirement[]
  /** False when PostgreSQL asks for more than the shape of the text tells. */
  readonly isWhole: boolean
}

/** Kinds of statement that ask for nothing but what is looked for here. */
const knownKinds = new Set<StatementKind>([
  'select',
  'insert',
  'update',
  'delete',
  'merge',
  'explain',
  'explain_analyze',
  'show',
  'create_table',
  'create_table_as',
  'create_index',
  'definition_with_code',
  'alter_table',
  'drop_relation',
  'rename_relation',
  'move_relation',
  'comment_on_relation',
  'truncate',
  'sequence',
  'view',
  'maintenance',
  'transaction',
  'setting',
])

/** A statement of a hundred tables and a thousand columns takes half of it, and some milliseconds. */
const maxSteps = 200_000

const visitors = new Map<string, Visitor>(
  Object.entries({ ...queryVisitors, ...writeVisitors, ...definitionVisitors }),
)

/**
 * What PostgreSQL asks of a role before it runs these statements, one after the other, as far as their
 * shape tells: what functions, triggers and views do inside is hidden from it. A relation that is made
 * on the way is the role's own, so it is left out. Throws RangeError when they are nested too deeply,
 * or name too much to be looked at.
 */
export function requiredPrivileges(statements: readonly ParsedStatement[]): RequiredPrivileges {
  const made = new Set<string>()
  const requirements: Requirement[] = []
  for (const { node, body } of statements) {
    const asked = walkStatement(node, body)
    for (const relation of asked.made) made.add(keyOf(relation))
    requirements.push(
      ...asked.found.filter(
        (one) => one.what !== 'table' || one.mayBeAbsent || !made.has(keyOf(one.relation)),
      ),
    )
  }
  const isWhole = statements.every(({ node, body }) => knownKinds.has(statementKindOf(node, body)))
  return { requirements, isWhole }
}

function walkStatement(node: string, body: SyntaxNode): Walk {
  const visitNode = (name: string, child: SyntaxNode, scope: Scope) => {
    const visitor = visitors.get(name)
    if (visitor === undefined) walk.visit(child, scope)
    else visitor(child, scope, walk)
  }
  let steps = 0
  const walk: Walk = {
    spend(more) {
      steps += more
      if (steps > maxSteps) throw new RangeError('The statement names too much.')
    },
    found: [],
    made: [],
    visit(value, scope) {
      if (!isTree(value)) return
      for (const [member, child] of Object.entries(value)) {
        if (isNodeName(member) && isTree(child)) visitNode(member, child, scope)
        else walk.visit(child, scope)
      }
    },
  }
  visitNode(node, body, { names: new Set(), levels: [] })
  return walk
}

function keyOf({ schema = 'public', name }: RelationRef): string {
  return JSON.stringify([schema, name])
}
