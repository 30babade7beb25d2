import type { Column } from '../sources/column.ts'
import type { SqlParameters } from '../sources/sql-parameters.ts'

/** What a model is asked, over a source that is open. */
export type ModelRequest = {
  /** The request's `params`. */
  readonly params: Readonly<Record<string, unknown>>
  readonly columns: readonly Column[]
  readonly postgisSchema: string
  /** Whether texts can be ordered as Unicode does. */
  readonly hasUnicodeCollation: boolean
  /** The column that features are drawn from; undefined where the source has none. */
  readonly geometry: Column | undefined
}

/** Where a model reads from: the source as `source`, and what the filters leave of it. */
export type Scope = {
  readonly from: string
  readonly where: string
  /** Goes on after the values of the source and of the filters. */
  readonly parameters: SqlParameters
}

/** Writes one statement; each has parameters of its own behind those that they share. */
export type ModelStatement = (scope: Scope) => string

export type ModelPlan = {
  readonly rows: ModelStatement
  /**
   * Its one row is the answer's `metadata`. It has to read what the filters leave, because what they
   * bind has to be used. Or the metadata itself, where it is known.
   */
  readonly metadata?: ModelStatement | { readonly known: object }
}

/**
 * One model: checks what it is asked and plans how to answer. Throws invalid_parameter and
 * column_not_found.
 */
export type Model = (request: ModelRequest) => ModelPlan

/** No model answers with more rows. */
export const maxModelRows = 100_000
