import { runAsOwner } from '../support/populate-account.ts'
import type { AccountCredentials, Postern } from '../support/postern.ts'
import { literal, name } from './plain-sql.ts'
import type { Kind, WidgetColumn, WidgetData } from './widget-data.ts'

const maxStatementLength = 60_000

/** Makes a table of the data: its columns, and `geom` in longitude and latitude. */
export async function loadWidgetData(
  postern: Postern,
  account: AccountCredentials,
  data: WidgetData,
): Promise<void> {
  const { table, columns, rows, geometries } = data
  const types = columns.map((column) => `${name(column.name)} ${typeOf(data, column)}`)
  const target = `public.${name(table)}`
  await runAsOwner(
    postern,
    account,
    `create table ${target} (${[...types, 'geom geometry(Geometry, 4326)'].join(', ')})`,
  )
  const tuples = rows.map((row, index) => {
    const geometry = geometries[index] ?? null
    const geom =
      geometry === null
        ? 'null'
        : `st_setsrid(st_geomfromgeojson(${literal(JSON.stringify(geometry))}), 4326)`
    const values = columns.map((column) => literal(row[column.name] ?? null))
    return `(${[...values, geom].join(', ')})`
  })
  let some: string[] = []
  const flush = async () => {
    if (some.length === 0) return
    await runAsOwner(postern, account, `insert into ${target} values ${some.join(', ')}`)
    some = []
  }
  for (const tuple of tuples) {
    const length = some.reduce((sum, { length: each }) => sum + each, tuple.length)
    if (length > maxStatementLength) await flush()
    some.push(tuple)
  }
  await flush()
}

const sqlTypes: Readonly<Record<Exclude<Kind, 'number'>, string>> = {
  text: 'text',
  boolean: 'boolean',
  time: 'timestamptz',
}

function typeOf({ rows }: WidgetData, { name: column, kind }: WidgetColumn): string {
  if (kind !== 'number') return sqlTypes[kind]
  const values = rows.map((row) => row[column] ?? null).filter((value) => value !== null)
  if (!values.every(Number.isInteger)) return 'float8'
  return values.every((value) => Math.abs(Number(value)) < 2 ** 31) ? 'int4' : 'int8'
}
