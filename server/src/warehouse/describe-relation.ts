import { readJson } from './read-value.ts'
import type { Session } from './session.ts'

/** A table or view as far as the asking role may read it. */
export type Relation = {
  readonly schema: string
  readonly name: string
  /** pg_class.relkind */
  readonly kind: string
  /** The planner's estimate; -1 while nothing was ever measured. */
  readonly estimatedRows: number
  readonly bytes: number
  readonly columns: readonly RelationColumn[]
}

export type RelationColumn = {
  readonly name: string
  readonly type: string
  readonly typeModifier: number
  /** pg_type.typcategory */
  readonly category: string
}

export type RelationName = { readonly schema: string; readonly name: string }

/**
 * Describes a relation on a session of the asking role: columns it may not read are left out, and a
 * relation it may not read at all is undefined, just as one that does not exist.
 */
export function findRelation(session: Session, name: RelationName): Promise<Relation | undefined> {
  return readJson<Relation>(session, {
    name: 'find-relation',
    text: `select pg_catalog.json_build_object(
        'schema', n.nspname, 'name', c.relname, 'kind', c.relkind,
        'estimatedRows', c.reltuples, 'bytes', pg_catalog.pg_total_relation_size(c.oid),
        'columns', (
          select pg_catalog.json_agg(pg_catalog.json_build_object(
              'name', a.attname, 'type', t.typname, 'typeModifier', a.atttypmod,
              'category', t.typcategory) order by a.attnum)
          from pg_catalog.pg_attribute a
          join pg_catalog.pg_type t on t.oid = a.atttypid
          where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            and pg_catalog.has_column_privilege(c.oid, a.attnum, 'select')))::pg_catalog.text
      from pg_catalog.pg_class c
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where n.nspname = $1::pg_catalog.name and c.relname = $2::pg_catalog.name
        and c.relkind = any ('{r,v,m,f,p}'::pg_catalog."char"[])
        and pg_catalog.has_schema_privilege(n.oid, 'usage')
        and pg_catalog.has_any_column_privilege(c.oid, 'select')`,
    values: [name.schema, name.name],
  })
}

/** Counts the rows of a relation, but no further than `limit`. */
export async function countRows(
  session: Session,
  relation: Relation,
  limit: number,
): Promise<number> {
  const table = `${quote(relation.schema)}.${quote(relation.name)}`
  const count = await readJson<number>(session, {
    text: `select pg_catalog.count(*)::pg_catalog.text from (select from ${table} limit $1::int8) as counted`,
    values: [limit],
  })
  return count ?? 0
}

/** How many rows the planner expects in a relation; views, whose rows nobody counts, included. */
export async function estimateRows(session: Session, relation: Relation): Promise<number> {
  const plans = await readJson<[{ Plan: { 'Plan Rows': number } }]>(session, {
    text: `explain (format json) select from ${quote(relation.schema)}.${quote(relation.name)}`,
  })
  return plans?.[0].Plan['Plan Rows'] ?? 0
}

/** At most this many rows are looked at to tell where the rows of a table lie. */
const boundsRows = 50_000

/**
 * Where the rows of a geometry column lie, in degrees: west, south, east, north. Of large tables a
 * sample is asked, so bounds can be a little narrow. Undefined when there is no geometry.
 * (PostGIS's own estimates tell anybody about any table, so nobody may call them.)
 */
export async function findBounds(
  session: Session,
  relation: Relation,
  geometry: GeometryColumn,
): Promise<readonly [number, number, number, number] | undefined> {
  const canSample = relation.kind === 'r' || relation.kind === 'm'
  const percent = Math.min(100, (100 * boundsRows) / Math.max(relation.estimatedRows, 1))
  const sample = canSample && percent < 100 ? ' tablesample pg_catalog.system ($3::float4)' : ''
  const bounds = await readJson<[number, number, number, number] | [null]>(session, {
    text: `select pg_catalog.json_build_array(postgis.st_xmin(b), postgis.st_ymin(b),
        postgis.st_xmax(b), postgis.st_ymax(b))::pg_catalog.text
      from (
        select postgis.st_transform(postgis.st_setsrid(
            postgis.st_extent(rows.geometry)::postgis.geometry, $1::int4), 4326) as b
        from (
          select ${quote(geometry.name)} as geometry
          from ${quote(relation.schema)}.${quote(relation.name)}${sample}
          limit $2::int8
        ) as rows
      ) as extent`,
    values: [geometry.srid, boundsRows, ...(sample === '' ? [] : [percent])],
  })
  if (bounds === undefined || bounds[0] === null) return undefined
  return bounds as [number, number, number, number]
}

/** A geometry column, and the spatial reference that its rows are to be read in. */
export type GeometryColumn = {
  readonly name: string
  readonly srid: number
  /** True when the rows do not say so themselves; it is then longitude and latitude. */
  readonly isUnmarked?: boolean
}

/**
 * The name of the geometry column that tiles are made of: the one asked for, or the usual ones in
 * order. Clients send `geom` when nobody chose a column, so it stands for no choice where the
 * relation has none. Where the asked one is `the_geom`, its Web Mercator twin, kept by the
 * database, saves a projection.
 */
export function findGeometryColumnName(
  relation: Relation,
  wanted: string | undefined,
): string | undefined {
  const names = relation.columns
    .filter((column) => column.type === 'geometry')
    .map((column) => column.name)
  const firstOf = (...candidates: string[]) => candidates.find((name) => names.includes(name))
  if (wanted === undefined || wanted === 'geom') {
    return firstOf('geom', 'the_geom_webmercator', 'the_geom') ?? names[0]
  }
  return wanted === 'the_geom' ? firstOf('the_geom_webmercator', 'the_geom') : firstOf(wanted)
}

/**
 * Describes a geometry column of a relation. What the column's type does not declare, as in most
 * views, the first row tells.
 */
export async function getGeometryColumn(
  session: Session,
  relation: Relation,
  name: string,
): Promise<GeometryColumn> {
  const modifier = relation.columns.find((column) => column.name === name)?.typeModifier ?? -1
  const declared = ((modifier & 0x0fffff00) - (modifier & 0x10000000)) >> 8
  if (declared > 0) return { name, srid: declared }
  const found = await readJson<number>(session, {
    text: `select postgis.st_srid(t.${quote(name)})::pg_catalog.text
      from ${quote(relation.schema)}.${quote(relation.name)} as t
      where t.${quote(name)} is not null
      limit 1`,
  })
  return found === undefined || found === 0
    ? { name, srid: 4326, isUnmarked: true }
    : { name, srid: found }
}

/** An identifier in double quotes. */
export function quote(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`
}
