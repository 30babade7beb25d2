import { sourceAlias } from '../sources/print-expression.ts'
import { quote } from '../warehouse/describe-relation.ts'
import { readJson } from '../warehouse/read-value.ts'
import type { Session } from '../warehouse/session.ts'
import type { TileRows } from './tile-source.ts'

/** A geometry column, and the spatial reference that its rows are to be read in. */
export type GeometryColumn = {
  readonly name: string
  readonly srid: number
  /** True when the rows do not say so themselves; it is then longitude and latitude. */
  readonly isUnmarked?: boolean
}

/** A column as far as it may be one of geometries. */
type Candidate = {
  readonly name: string
  readonly typeName: string
  readonly srid?: number | undefined
}

/**
 * The name of the geometry column that tiles are made of: the one asked for, or the usual ones in
 * order. Clients send `geom` when nobody chose a column, so it stands for no choice where the
 * source has none. Where the asked one is `the_geom`, its Web Mercator twin, kept by the
 * database, saves a projection.
 */
export function findGeometryColumnName(
  columns: readonly Candidate[],
  wanted: string | undefined,
): string | undefined {
  const names = columns.filter(({ typeName }) => typeName === 'geometry').map(({ name }) => name)
  const firstOf = (...candidates: string[]) => candidates.find((name) => names.includes(name))
  if (wanted === undefined || wanted === 'geom') {
    return firstOf('geom', 'the_geom_webmercator', 'the_geom') ?? names[0]
  }
  return wanted === 'the_geom' ? firstOf('the_geom_webmercator', 'the_geom') : firstOf(wanted)
}

/** Describes a geometry column. What its type does not declare, as in most views, the first row tells. */
export async function getGeometryColumn(
  session: Session,
  source: TileRows & { readonly columns: readonly Candidate[] },
  name: string,
): Promise<GeometryColumn> {
  const declared = source.columns.find((column) => column.name === name)?.srid
  if (declared !== undefined && declared > 0) return { name, srid: declared }
  const postgis = quote(source.postgisSchema)
  const found = await readJson<number>(session, {
    text: `select ${postgis}.st_srid(${sourceAlias}.${quote(name)})::pg_catalog.text
      from ${source.from} as ${sourceAlias}
      where ${sourceAlias}.${quote(name)} is not null${source.filter === undefined ? '' : ` and ${source.filter}`}
      limit 1`,
    values: source.values,
  })
  return found === undefined || found === 0
    ? { name, srid: 4326, isUnmarked: true }
    : { name, srid: found }
}
