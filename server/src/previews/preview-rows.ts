import type { Column } from '../sources/column.ts'
import { sourceAlias } from '../sources/print-expression.ts'
import { quote } from '../warehouse/describe-relation.ts'
import { readValues } from '../warehouse/read-values.ts'
import type { Session } from '../warehouse/session.ts'
import type { PreviewTable } from './open-preview-table.ts'

export type RowsPreview = {
  readonly columns: readonly Pick<Column, 'name' | 'type'>[]
  /** Values as text; null where there is none. A long one ends with `…`. */
  readonly rows: readonly (readonly (string | null)[])[]
  readonly hasMore: boolean
  /** Columns that are not shown because there are too many. */
  readonly unshownColumns: number
}

const maxColumns = 100
const maxLength = 200
/** Geometries with more points are only said to have them. */
const maxPoints = 3
const maxBytes = 32

/** The first rows of a table, in no order. Throws WarehouseError. */
export async function previewRows(
  session: Session,
  { source }: PreviewTable,
  maxRows: number,
): Promise<RowsPreview> {
  const columns = source.columns.slice(0, maxColumns)
  const outputs = columns.map((column) => textOf(column, source.postgisSchema))
  const rows: (string | null)[][] = []
  await session.run(
    {
      text: `select ${outputs.join(', ')} from ${source.from} as ${sourceAlias} limit ${maxRows + 1}`,
    },
    {
      row(buffer, offset, columnCount) {
        rows.push(readValues(buffer, offset, columnCount).map(shorten))
      },
    },
  )
  await session.settled()
  return {
    columns: columns.map(({ name, type }) => ({ name, type })),
    rows: rows.slice(0, maxRows),
    hasMore: rows.length > maxRows,
    unshownColumns: source.columns.length - columns.length,
  }
}

/**
 * SQL of a value as text. By the output function of its type and never by a cast: whoever has made a type
 * can also have made the cast, and it would run as whoever reads.
 */
function textOf({ name, typeName }: Column, postgisSchema: string): string {
  const value = `${sourceAlias}.${quote(name)}`
  const postgis = quote(postgisSchema)
  const isGiven = `pg_catalog.num_nulls(${value}) OPERATOR(pg_catalog.=) 0`
  const orNull = (sql: string) => `case when ${isGiven} then ${sql} end`
  if (typeName === 'geometry' || typeName === 'geography') {
    const geometry = typeName === 'geometry' ? value : `(${value})::${postgis}.geometry`
    const points = `${postgis}.st_npoints(${geometry})`
    return orNull(`case when ${points} OPERATOR(pg_catalog.<=) ${maxPoints}
      then ${postgis}.st_astext(${geometry}, 6)
      else pg_catalog.concat(${postgis}.geometrytype(${geometry}), ' of ', ${points}, ' points') end`)
  }
  if (typeName === 'raster') return orNull(`'(raster)'`)
  if (typeName === 'bytea') {
    const start = `pg_catalog.encode(pg_catalog.substr(${value}, 1, ${maxBytes + 1}), 'hex')`
    return orNull(
      `pg_catalog.concat('\\x', pg_catalog.left(${start}, ${2 * maxBytes}),
        case when pg_catalog.octet_length(${value}) OPERATOR(pg_catalog.>) ${maxBytes} then '…' end)`,
    )
  }
  return orNull(`pg_catalog.left(pg_catalog.format('%s', ${value}), ${maxLength + 1})`)
}

function shorten(text: string | undefined): string | null {
  if (text === undefined) return null
  return text.length > maxLength ? `${text.slice(0, maxLength)}…` : text
}
