import type { ColumnRead, Levels, WriteTarget } from './column-reads.ts'
import type { SyntaxNode } from './statement-parser.ts'
import { type RelationRef, relationOf } from './survey-statement.ts'

/** In PostgreSQL's words, but for `ownership`, which it asks for where a table itself is changed. */
export type TablePrivilege =
  | 'select'
  | 'insert'
  | 'update'
  | 'delete'
  | 'truncate'
  | 'references'
  | 'usage'
  | 'ownership'

/** Something that PostgreSQL asks of a role before it runs a statement. */
export type Requirement =
  | {
      readonly what: 'table'
      readonly relation: RelationRef
      readonly privileges: readonly TablePrivilege[]
      /** SELECT as well, if one of these is a column of it. */
      readonly reads: readonly ColumnRead[]
      /** IF EXISTS */
      readonly mayBeAbsent: boolean
    }
  | {
      readonly what: 'creation'
      readonly schema: string | undefined
      readonly isTemporary: boolean
    }
  | {
      readonly what: 'function'
      readonly schema: string | undefined
      readonly name: string
    }

/** What can be referred to at a place in a statement. */
export type Scope = {
  /** Names of WITH clauses. */
  readonly names: ReadonlySet<string>
  readonly levels: Levels
}

/** A walk through the tree of one statement, and what was found so far. */
export type Walk = {
  readonly found: Requirement[]
  /** Relations that the statement makes. */
  readonly made: RelationRef[]
  /** Goes on below a node, or a list of them. */
  readonly visit: (value: unknown, scope: Scope) => void
  /**
   * To be told of work that grows faster than the statement does, before it is done. Throws RangeError
   * when it adds up to too much: this runs on the event loop.
   */
  readonly spend: (steps: number) => void
}

/** Looks at one kind of node. */
export type Visitor = (body: SyntaxNode, scope: Scope, walk: Walk) => void

/** That a role holds privileges on a relation. */
export function onTable(
  relation: RelationRef,
  privileges: readonly TablePrivilege[],
  { mayBeAbsent = false }: { readonly mayBeAbsent?: boolean } = {},
): Requirement {
  return { what: 'table', relation, privileges, reads: [], mayBeAbsent }
}

/** That it may write to a table, and read of it what the statement was seen to read. */
export function onTarget(
  { relation, readsSomething, reads }: WriteTarget,
  privileges: readonly TablePrivilege[],
): Requirement {
  const all: readonly TablePrivilege[] = readsSomething ? [...privileges, 'select'] : privileges
  return { what: 'table', relation, privileges: all, reads, mayBeAbsent: false }
}

/** Notes that a relation is made. */
export function askToMake(value: unknown, { found, made }: Walk): void {
  if (!isTree(value)) return
  const relation = relationOf(value)
  const isTemporary = value.relpersistence === 't'
  found.push({ what: 'creation', schema: relation.schema, isTemporary })
  made.push(relation)
}

/** The objects in a list of a tree. */
export function nodesOf(value: unknown): readonly SyntaxNode[] {
  return Array.isArray(value) ? value.filter(isTree) : []
}

export function isTree(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null
}
