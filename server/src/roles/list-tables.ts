import { quoteIdentifier } from '../store/quote-identifier.ts'
import type { DatasetPrivacy } from './datasets.ts'
import type { Page, ResourcePlace } from './list-resources.ts'

/** Where an account's tables are, as far as it matters for telling about them. */
export type TablePlace = ResourcePlace & {
  readonly postgisSchema: string
  /** Of the account's own database; undefined on registered servers, where nothing is public. */
  readonly publicRole: string | undefined
}

export type TableKind =
  | 'table'
  | 'partitioned table'
  | 'foreign table'
  | 'view'
  | 'materialized view'

/** A table or view as a list shows it. */
export type TableSummary = {
  readonly oid: number
  readonly schema: string
  readonly name: string
  readonly kind: TableKind
  /** By PostgreSQL's statistics; null before it has any, and for views. */
  readonly rowEstimate: number | null
  /** Indexes included. */
  readonly bytes: number
  /** The usual geometry column, with its type as declared (`Point`); null where there is none. */
  readonly geometry: {
    readonly column: string
    readonly type: string
    readonly srid: number
  } | null
  /** What the public role may; null on registered servers. */
  readonly privacy: DatasetPrivacy | null
  readonly comment: string | null
}

export type TableColumn = {
  readonly name: string
  /** What PostgreSQL calls the type itself, without its modifier. */
  readonly typeName: string
  readonly isArray: boolean
  /** As it was declared. */
  readonly declared: string
  readonly isNullable: boolean
  readonly isInPrimaryKey: boolean
  readonly comment: string | null
}

/** Names behind `n` and `c` that are the account's own, and that `$1` may read. */
const isTable = `c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and n.nspname <> all ($2::text[])
  and has_schema_privilege($1::name, n.oid, 'usage')
  and has_table_privilege($1::name, c.oid, 'select')
  and not exists (
    select from pg_depend d
    where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')`

/** Schemas of the account's own database that are not the account's. */
function hiddenSchemas({ publicRole }: TablePlace): readonly string[] {
  return publicRole === undefined ? [] : ['postgis', 'cartodb']
}

/**
 * SQL of what a list shows of the relations whose oids `found` selects. `found` has $1 to $4; $5 is the
 * public role and $6 PostGIS's schema.
 */
function summariesOf(found: string, { postgisSchema, publicRole }: TablePlace): string {
  const postgis = quoteIdentifier(postgisSchema)
  const unlisted =
    publicRole === undefined
      ? 'false'
      : '(select d.unlisted from cartodb.cdb_dataset d where d.tabname = c.oid)'
  return `with found as materialized (${found})
  select c.oid, n.nspname::text as schema, c.relname::text as name,
    case c.relkind when 'v' then 'view' when 'm' then 'materialized view'
      when 'f' then 'foreign table' when 'p' then 'partitioned table' else 'table' end as kind,
    case when c.relkind <> 'v' then nullif(c.reltuples, -1)::float8 end as "rowEstimate",
    coalesce(pg_total_relation_size(c.oid), 0)::float8 as bytes,
    (select json_build_object('column', a.attname,
        'type', ${postgis}.postgis_typmod_type(a.atttypmod),
        'srid', ${postgis}.postgis_typmod_srid(a.atttypmod))
      from pg_attribute a join pg_type t on t.oid = a.atttypid
      join pg_namespace tn on tn.oid = t.typnamespace
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        and t.typname in ('geometry', 'geography') and tn.nspname = $6
      order by array_position('{geom,the_geom}'::name[], a.attname),
        a.attname = 'the_geom_webmercator', a.attnum limit 1) as geometry,
    case
      when $5::name is null then null
      when not (has_table_privilege($5::name, c.oid, 'select')
        and has_schema_privilege($5::name, n.oid, 'usage')) then 'PRIVATE'
      when coalesce(${unlisted}, false) then 'LINK'
      else 'PUBLIC'
    end as privacy,
    obj_description(c.oid, 'pg_class') as comment
  from found join pg_class c on c.oid = found.oid join pg_namespace n on n.oid = c.relnamespace
  order by n.nspname, c.relname`
}

/**
 * Tables and views by schema and name, those whose `schema.name` holds `search` in whatever case: a
 * page of them, and how many there are. Sizes and the like are looked up for that page only.
 */
export async function listTables(
  place: TablePlace,
  asked: { readonly search: string; readonly schema: string | undefined; readonly page: Page },
): Promise<{ total: number; tables: TableSummary[] }> {
  const { admin, database, ownerRole, publicRole = null, postgisSchema } = place
  const { search, schema = null, page } = asked
  const matching = `from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where ${isTable} and ($3::text is null or n.nspname = $3)
      and strpos(lower(n.nspname || '.' || c.relname), lower($4::text)) > 0`
  const given = [ownerRole, hiddenSchemas(place), schema, search]
  const { rows: counted } = await admin
    .on(database)
    .query<{ total: number }>(`select count(*)::integer as total ${matching}`, given)
  const { rows: tables } = await admin
    .on(database)
    .query<TableSummary>(
      summariesOf(
        `select c.oid ${matching} order by n.nspname, c.relname limit $7 offset $8`,
        place,
      ),
      [...given, publicRole, postgisSchema, page.limit, page.offset],
    )
  return { total: counted[0]?.total ?? 0, tables }
}

/** The schemas that listTables finds something in, with how much. */
export async function listTableSchemas(
  place: TablePlace,
): Promise<{ name: string; tables: number }[]> {
  const { rows } = await place.admin.on(place.database).query<{ name: string; tables: number }>(
    `select n.nspname::text as name, count(*)::integer as tables
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where ${isTable} group by n.nspname order by n.nspname`,
    [place.ownerRole, hiddenSchemas(place)],
  )
  return rows
}

/** One of those that listTables finds, with its columns; undefined when it finds no such. */
export async function findTable(
  place: TablePlace,
  name: { readonly schema: string; readonly name: string },
): Promise<(TableSummary & { readonly columns: readonly TableColumn[] }) | undefined> {
  const { admin, database, ownerRole, publicRole = null, postgisSchema } = place
  const { rows } = await admin.on(database).query<TableSummary>(
    summariesOf(
      `select c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where ${isTable} and n.nspname::text = $3 and c.relname::text = $4`,
      place,
    ),
    [ownerRole, hiddenSchemas(place), name.schema, name.name, publicRole, postgisSchema],
  )
  const [table] = rows
  if (table === undefined) return undefined
  return { ...table, columns: await listColumns(place, table.oid) }
}

async function listColumns({ admin, database }: TablePlace, oid: number): Promise<TableColumn[]> {
  const { rows } = await admin.on(database).query<TableColumn>(
    `select a.attname::text as name, coalesce(e.typname, t.typname)::text as "typeName",
       e.oid is not null as "isArray", format_type(a.atttypid, a.atttypmod) as declared,
       not a.attnotnull as "isNullable",
       exists (select from pg_index i
         where i.indrelid = a.attrelid and i.indisprimary and a.attnum = any (i.indkey))
         as "isInPrimaryKey",
       col_description(a.attrelid, a.attnum) as comment
     from pg_attribute a join pg_type t on t.oid = a.atttypid
     left join pg_type e on e.oid = t.typelem and t.typcategory = 'A'
     where a.attrelid = $1 and a.attnum > 0 and not a.attisdropped order by a.attnum`,
    [oid],
  )
  return rows
}
