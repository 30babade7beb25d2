import type { SyntaxNode } from './statement-parser.ts'

/** A relation as a statement names it. */
export type RelationRef = { readonly schema?: string; readonly name: string }

export type StatementSurvey = {
  /** Tables, views, indexes and sequences by name, each once; not the names of a WITH clause. */
  readonly relations: readonly RelationRef[]
  /** True when nothing in the whole tree writes or locks by its shape. */
  readonly reads: boolean
}

const readingNodes = new Set(['SelectStmt', 'ExplainStmt', 'VariableShowStmt'])

/** Most of a long INSERT is these; nothing stands below them. */
const leafNodes = new Set(['A_Const', 'ColumnRef', 'ParamRef'])

/**
 * Walks the whole tree of one statement. It keeps its own stack, so that nesting which the parser
 * survived cannot exhaust ours. It sees shapes only: what a function does inside is hidden from it.
 */
export function surveyStatement(node: string, body: SyntaxNode): StatementSurvey {
  const relations = new Map<string, RelationRef>()
  let reads = true
  const add = (relation: RelationRef) =>
    relations.set(JSON.stringify([relation.schema, relation.name]), relation)
  for (const relation of relationsNamedByLists(body)) add(relation)

  const pending: Visit[] = [{ value: { [node]: body }, names: undefined }]
  for (let visit = pending.pop(); visit !== undefined; visit = pending.pop()) {
    const { value, names } = visit
    if (isList(value)) {
      for (const item of value) if (isObject(item)) pending.push({ value: item, names })
      continue
    }
    if (typeof value.relname === 'string') {
      // A relation that stands as a member, not as a node, is the target of a statement: a WITH
      // name cannot be one.
      const relation = relationOf(value)
      if (!visit.isNode || relation.schema !== undefined || !isWithName(relation.name, names)) {
        add(relation)
      }
      continue
    }
    const inner = openWithClause(value.withClause, names, pending)
    for (const member in value) {
      const child = value[member]
      if (!isObject(child) || member === 'withClause') continue
      if (isNodeName(member)) {
        if (leafNodes.has(member)) continue
        if (member.endsWith('Stmt') && !readingNodes.has(member)) reads = false
        pending.push({ value: child, names: inner, isNode: true })
      } else if (member === 'lockingClause') {
        // FOR UPDATE OF names items of the FROM list, which is walked where it stands.
        reads = false
      } else {
        if (member === 'intoClause') reads = false
        pending.push({ value: child, names: inner })
      }
    }
  }
  return { relations: [...relations.values()], reads }
}

type Visit = {
  readonly value: SyntaxNode | readonly unknown[]
  readonly names: WithNames | undefined
  /** The value stood under the name of its own type. */
  readonly isNode?: boolean
}

/** The names of one WITH clause, of which those before `visibleUntil` can be referred to. */
type WithNames = {
  readonly positions: ReadonlyMap<string, number>
  readonly visibleUntil: number
  readonly outer: WithNames | undefined
}

/**
 * Queues the queries of a WITH clause, each with the names that it may refer to: the ones before
 * it, or all of them when the clause is recursive. Returns the names that the statement may use.
 */
function openWithClause(
  clause: unknown,
  outer: WithNames | undefined,
  pending: Visit[],
): WithNames | undefined {
  const { ctes, recursive } = (isObject(clause) ? clause : {}) as SyntaxNode
  if (!Array.isArray(ctes)) return outer
  const queries = ctes.map((cte: SyntaxNode) => cte.CommonTableExpr as SyntaxNode)
  const positions = new Map<string, number>()
  queries.forEach((query, index) => {
    if (typeof query.ctename === 'string') positions.set(query.ctename, index)
  })
  const all = { positions, visibleUntil: queries.length, outer }
  queries.forEach((query, index) => {
    const names = recursive === true ? all : { ...all, visibleUntil: index }
    pending.push({ value: query, names })
  })
  return all
}

function isWithName(name: string, names: WithNames | undefined): boolean {
  for (let scope = names; scope !== undefined; scope = scope.outer) {
    const position = scope.positions.get(name)
    if (position !== undefined && position < scope.visibleUntil) return true
  }
  return false
}

const relationTypes = new Set([
  'OBJECT_TABLE',
  'OBJECT_VIEW',
  'OBJECT_MATVIEW',
  'OBJECT_INDEX',
  'OBJECT_SEQUENCE',
  'OBJECT_FOREIGN_TABLE',
])
const partOfRelationTypes = new Set(['OBJECT_COLUMN', 'OBJECT_TABCONSTRAINT'])

/** DROP and COMMENT name their objects as lists of words. */
function relationsNamedByLists(body: SyntaxNode): RelationRef[] {
  if (Array.isArray(body.objects) && relationTypes.has(String(body.removeType))) {
    return body.objects.flatMap((object) => relationFromList(object, 0))
  }
  const objectType = String(body.objtype)
  if (relationTypes.has(objectType)) return relationFromList(body.object, 0)
  if (partOfRelationTypes.has(objectType)) return relationFromList(body.object, 1)
  return []
}

function relationFromList(object: unknown, wordsAfterName: number): RelationRef[] {
  const { items } = ((object as SyntaxNode | undefined)?.List ?? {}) as { items?: unknown }
  if (!Array.isArray(items)) return []
  const words = items.map((item: { String?: { sval?: unknown } }) => String(item.String?.sval))
  const name = words.at(-1 - wordsAfterName)
  const schema = words.at(-2 - wordsAfterName)
  if (name === undefined) return []
  return [schema === undefined ? { name } : { schema, name }]
}

/** The relation that a node which names one stands for. */
export function relationOf(value: SyntaxNode): RelationRef {
  const name = String(value.relname)
  return typeof value.schemaname === 'string' ? { schema: value.schemaname, name } : { name }
}

function isList(value: SyntaxNode | readonly unknown[]): value is readonly unknown[] {
  return Array.isArray(value)
}

function isObject(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null
}

/** Types of nodes are written with a capital letter, their members are not. */
export function isNodeName(member: string): boolean {
  const first = member.charCodeAt(0)
  return first >= 65 && first <= 90
}
