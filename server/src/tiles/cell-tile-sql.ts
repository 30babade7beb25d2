import { sourceAlias } from '../sources/print-expression.ts'
import { quote } from '../warehouse/describe-relation.ts'
import type { Statement } from '../warehouse/session.ts'
import {
  type Cell,
  type CellEncoding,
  cellSql,
  formatCell,
  type IndexScheme,
  maxResolutionOf,
  parentSql,
  rangesWithin,
  resolutionSql,
} from './spatial-index.ts'
import type { Property, TileRows } from './tile-source.ts'
import { createParameters, named } from './tile-sql.ts'

/** A column whose values are cells. */
export type CellColumn = {
  readonly name: string
  readonly scheme: IndexScheme
  readonly encoding: CellEncoding
}

/** What tiles of cells are made of: rows that name a cell, gathered in coarser ones. */
export type CellSource = TileRows & {
  readonly column: CellColumn
  /** Aggregates. */
  readonly properties: readonly Property[]
  /** How much finer than the tile its cells are. */
  readonly levels: number
}

/**
 * The statement that makes the tile of one cell: `[{"id": "<hexadecimal>", "properties": {}}]` as
 * text, or no value where there is nothing. Rows whose cells are coarser than the tile lie in none of
 * its resolution. The ranges are conditions on the bare column, so that an index on it answers them.
 */
export function cellTileStatement(source: CellSource, tile: Cell, maxCells: number): Statement {
  const { column, properties, filter } = source
  const { values, parameter } = createParameters(source)
  const cell = cellOf(column)
  const bare = columnOf(column)
  const bound = (id: bigint) =>
    column.encoding === 'number'
      ? parameter(String(id), 'int8')
      : parameter(formatCell({ id }), 'text')
  const ranges = rangesWithin(tile).map(
    ([low, high]) =>
      `${bare} operator(pg_catalog.>=) ${bound(low)} and ${bare} operator(pg_catalog.<=) ${bound(high)}`,
  )
  const resolution = Math.min(tile.resolution + source.levels, maxResolutionOf(column.scheme))
  const conditions = [`(${ranges.join('\n      or ')})`, ...(filter === undefined ? [] : [filter])]
  const outputs = properties.map(({ name }, index) => `cells.p${index} as ${quote(name)}`)
  const text = `select pg_catalog.json_agg(pg_catalog.json_build_object(
    'id', pg_catalog.to_hex(cells.cell),
    'properties', (select pg_catalog.row_to_json(p.*) from (select ${outputs.join(', ')}) as p)))::pg_catalog.text
from (
  select ${parentSql(column.scheme, cell, resolution)} as cell${properties
    .map(({ sql }, index) => `,\n    ${sql} as p${index}`)
    .join('')}
  from ${source.from} as ${sourceAlias}
  where ${conditions.join('\n    and ')}
  group by 1
  limit ${parameter(maxCells, 'int8')}
) as cells`
  return named(source, 'cells', { text, values })
}

/** The resolutions of the first rows of a source: the coarsest and the finest, as JSON. */
export function cellResolutionsStatement(source: CellSource): Statement {
  const { column, values, filter } = source
  return {
    text: `select pg_catalog.json_build_array(pg_catalog.min(r.resolution), pg_catalog.max(r.resolution))::pg_catalog.text
from (
  select ${resolutionSql(column.scheme, cellOf(column))} as resolution
  from ${source.from} as ${sourceAlias}
  where ${columnOf(column)} is not null${filter === undefined ? '' : ` and ${filter}`}
  limit 1000
) as r`,
    values,
  }
}

function columnOf({ name }: CellColumn): string {
  return `${sourceAlias}.${quote(name)}`
}

function cellOf(column: CellColumn): string {
  return cellSql(columnOf(column), column.encoding)
}
