import type { SyntaxNode } from './statement-parser.ts'
import type { RelationRef } from './survey-statement.ts'

/**
 * A column that a statement reads of the table that it writes to, if that table has one of this name
 * and no relation in between has: PostgreSQL asks for SELECT then.
 */
export type ColumnRead = {
  readonly column: string
  /** Relations that the name is looked for in first; undefined: one whose columns are not known. */
  readonly unlessIn: readonly (RelationRef | undefined)[]
}

/** The table that a statement writes to, and what was seen to be read of it. */
export type WriteTarget = {
  readonly relation: RelationRef
  readsSomething: boolean
  readonly reads: ColumnRead[]
}

/** What stands in a FROM list, or before SET, by the name that columns are qualified with. */
export type FromItem = {
  readonly alias: string | undefined
  /** Undefined of a subquery, a function, or the name of a WITH clause. */
  readonly relation: RelationRef | undefined
  readonly target?: WriteTarget
}

/** What column names are looked for in: the innermost query first. */
export type Levels = readonly (readonly FromItem[])[]

/** Notes on write targets what a reference to a column may read of them. */
export function noteColumnRead({ fields }: SyntaxNode, levels: Levels): void {
  const words = (Array.isArray(fields) ? fields : []).map(wordOf)
  const [word] = words
  if (words.length === 1) {
    if (word === undefined) readAllOf(levels[0] ?? [])
    else readByName(word, levels)
    return
  }
  const qualifier = words.at(-2)
  for (const level of levels) {
    const item = level.find(({ alias }) => alias === qualifier)
    if (item === undefined) continue
    if (item.target !== undefined) item.target.readsSomething = true
    return
  }
}

function readAllOf(level: readonly FromItem[]): void {
  for (const { target } of level) if (target !== undefined) target.readsSomething = true
}

function readByName(name: string, levels: Levels): void {
  const between: (RelationRef | undefined)[] = []
  for (const level of levels) {
    for (const { alias, target } of level) {
      if (target === undefined) continue
      target.reads.push({ column: name, unlessIn: [...between] })
      // A whole row.
      if (alias === name) target.readsSomething = true
    }
    between.push(...level.map(({ relation }) => relation))
  }
}

function wordOf(field: { readonly String?: { readonly sval?: unknown } }): string | undefined {
  return typeof field.String?.sval === 'string' ? field.String.sval : undefined
}
