import type { LRUCache } from 'lru-cache'
import type { GeometryColumn } from './geometry-column.ts'

/** A property of what is drawn: SQL over the source, whose columns are qualified by its alias. */
export type Property = { readonly name: string; readonly sql: string }

/** How many features the planner has said to expect, by tile. */
export type Estimates = LRUCache<string, number>

/** Rows to make tiles of, as the asking role sees them. */
export type TileRows = {
  /** SQL of a FROM item without its alias: a qualified table, or a statement in parentheses. */
  readonly from: string
  /** What $1, $2 and so on stand for in `from` and `filter`. */
  readonly values: readonly (string | number | null)[]
  /** SQL of a condition on the rows. */
  readonly filter: string | undefined
  /** The schema that PostGIS is installed in. */
  readonly postgisSchema: string
  /** True when all of it is our own SQL, which is prepared once in each session. */
  readonly isOurs: boolean
}

/** What vector tiles are drawn from. */
export type TileSource = TileRows & {
  readonly geometry: GeometryColumn
  readonly properties: readonly Property[]
  /**
   * Rows whose points lie in the same cell of a grid become one feature, and the properties are
   * aggregates. So many cells lie side by side in a tile.
   */
  readonly gridCells: number | undefined
  /** Areas carry the box around all of them, beyond the tile as well. */
  readonly hasBoxes: boolean
  /** How a part of the rows is drawn where all would be too many: pages or rows of a table, or by a hash. */
  readonly sampling: 'table' | 'hash'
  /** How many rows there are by the planner's last count; -1 while nobody knows. */
  readonly estimatedRows: number
  readonly bytes: number
  /** As old as the source, at most. */
  readonly estimates: Estimates
}
