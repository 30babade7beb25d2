import { sourceAlias } from '../sources/print-expression.ts'
import { quote, type Relation } from '../warehouse/describe-relation.ts'
import { readJson } from '../warehouse/read-value.ts'
import type { Session } from '../warehouse/session.ts'
import type { GeometryColumn } from './geometry-column.ts'
import type { TileRows } from './tile-source.ts'

/** Sources with fewer rows than this by the planner's estimate are counted. */
const countBelowRows = 10_000
/** At most this many rows are looked at to tell where the rows of a source lie. */
const boundsRows = 50_000

/** How many rows a source has, and how many bytes: counted where that is quick, else estimated. */
export async function measureSource(
  session: Session,
  source: TileRows,
): Promise<{ readonly rows: number; readonly bytes: number }> {
  const { from, values } = source
  const where = source.filter === undefined ? '' : ` where ${source.filter}`
  const rowsSql = `from ${from} as ${sourceAlias}${where}`
  const plans = await readJson<[{ Plan: { 'Plan Rows': number; 'Plan Width': number } }]>(session, {
    text: `explain (format json) select ${sourceAlias}.* ${rowsSql}`,
    values,
  })
  const { 'Plan Rows': estimate = 0, 'Plan Width': width = 0 } = plans?.[0].Plan ?? {}
  if (estimate >= countBelowRows) return { rows: estimate, bytes: estimate * width }
  const count = await readJson<number>(session, {
    text: `select pg_catalog.count(*)::pg_catalog.text from (select ${rowsSql} limit ${countBelowRows}) as counted`,
    values,
  })
  const rows = count ?? 0
  return { rows, bytes: rows * width }
}

/**
 * Where the rows of a geometry column lie, in degrees: west, south, east, north. Of large tables a
 * sample is asked, so bounds can be a little narrow. Undefined when there is no geometry.
 * (PostGIS's own estimates tell anybody about any table, so nobody may call them.)
 */
export async function findBounds(
  session: Session,
  source: TileRows,
  geometry: GeometryColumn,
  table: Pick<Relation, 'kind' | 'estimatedRows'> | undefined,
): Promise<readonly [number, number, number, number] | undefined> {
  const postgis = quote(source.postgisSchema)
  const canSample = table?.kind === 'r' || table?.kind === 'm'
  const percent = Math.min(100, (100 * boundsRows) / Math.max(table?.estimatedRows ?? 0, 1))
  const sample = canSample && percent < 100 ? ` tablesample pg_catalog.system (${percent})` : ''
  const bounds = await readJson<[number, number, number, number] | [null]>(session, {
    text: `select pg_catalog.json_build_array(${postgis}.st_xmin(b), ${postgis}.st_ymin(b),
        ${postgis}.st_xmax(b), ${postgis}.st_ymax(b))::pg_catalog.text
      from (
        select ${postgis}.st_transform(${postgis}.st_setsrid(
            ${postgis}.st_extent(rows.geometry)::${postgis}.geometry, ${geometry.srid}), 4326) as b
        from (
          select ${sourceAlias}.${quote(geometry.name)} as geometry
          from ${source.from} as ${sourceAlias}${sample}${source.filter === undefined ? '' : ` where ${source.filter}`}
          limit ${boundsRows}
        ) as rows
      ) as extent`,
    values: source.values,
  })
  if (bounds === undefined || bounds[0] === null) return undefined
  return bounds as [number, number, number, number]
}
