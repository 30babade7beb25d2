import type { Admin } from './admin.ts'

/** Where an account's relations are, and whose eyes they are looked at with. */
export type ResourcePlace = {
  readonly admin: Admin
  readonly database: string
  /** Only what this role may use is there. */
  readonly ownerRole: string
}

export type RelationResource = {
  readonly oid: number
  readonly schema: string
  readonly name: string
  /** A tileset is a table with the columns of one. */
  readonly kind: 'table' | 'view' | 'tileset'
  /** By PostgreSQL's statistics; null before it has any, and for views. */
  readonly rowEstimate: number | null
  /** Indexes included. */
  readonly bytes: number
}

export type ColumnResource = {
  readonly name: string
  /** What PostgreSQL calls the type itself, without its modifier. */
  readonly typeName: string
  readonly isArray: boolean
  /** As it was declared. */
  readonly declared: string
}

export type Page = { readonly limit: number; readonly offset: number }

const isData = `n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and has_schema_privilege($1::name, n.oid, 'usage')`

const isRelation = `c.relkind in ('r', 'p', 'v', 'm', 'f')
  and has_table_privilege($1::name, c.oid, 'select')
  and not exists (
    select from pg_depend d
    where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')`

/** Schemas with something in them that is nobody's extension; a page of them, and how many there are. */
export async function listSchemas(
  { admin, database, ownerRole }: ResourcePlace,
  { limit, offset }: Page,
): Promise<{ total: number; schemas: string[] }> {
  const { rows } = await admin.on(database).query<{ name: string; total: number }>(
    `select n.nspname::text as name, (count(*) over ())::integer as total
     from pg_namespace n
     where ${isData} and exists (
       select from pg_class c where c.relnamespace = n.oid and ${isRelation})
     order by n.nspname limit $2 offset $3`,
    [ownerRole, limit, offset],
  )
  return { total: rows[0]?.total ?? 0, schemas: rows.map((row) => row.name) }
}

const relationColumns = `c.oid, n.nspname::text as schema, c.relname::text as name,
  case
    when c.relkind in ('v', 'm') then 'view'
    when 4 = (
      select count(*) from pg_attribute a
      join (values ('z', 'int2'), ('x', 'int4'), ('y', 'int4'), ('data', 'bytea'))
        as of_tileset (name, type) on a.attname = of_tileset.name
      where a.attrelid = c.oid and not a.attisdropped
        and a.atttypid = ('pg_catalog.' || of_tileset.type)::regtype
    ) then 'tileset'
    else 'table'
  end as kind,
  case when c.relkind <> 'v' then nullif(c.reltuples, -1)::float8 end as "rowEstimate",
  coalesce(pg_total_relation_size(c.oid), 0)::float8 as bytes`

/** Tables and views of a schema: a page of them, and how many there are; none for an unknown schema. */
export async function listRelations(
  { admin, database, ownerRole }: ResourcePlace,
  schema: string,
  { limit, offset }: Page,
): Promise<{ total: number; relations: RelationResource[] }> {
  const { rows } = await admin.on(database).query<RelationResource & { total: number }>(
    `select ${relationColumns}, (count(*) over ())::integer as total
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname::text = $2 and not c.relispartition and ${isData} and ${isRelation}
     order by c.relname limit $3 offset $4`,
    [ownerRole, schema, limit, offset],
  )
  const relations = rows.map(({ total: _, ...relation }) => relation)
  return { total: rows[0]?.total ?? 0, relations }
}

/** One table or view by its exact name, with its columns in their order. */
export async function findRelation(
  { admin, database, ownerRole }: ResourcePlace,
  { schema, name }: { readonly schema: string; readonly name: string },
): Promise<(RelationResource & { readonly columns: readonly ColumnResource[] }) | undefined> {
  const { rows } = await admin.on(database).query<RelationResource>(
    `select ${relationColumns}
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname::text = $2 and c.relname::text = $3 and ${isData} and ${isRelation}`,
    [ownerRole, schema, name],
  )
  const [relation] = rows
  if (relation === undefined) return undefined
  const { rows: columns } = await admin.on(database).query<ColumnResource>(
    `select a.attname::text as name, coalesce(e.typname, t.typname)::text as "typeName",
       e.oid is not null as "isArray", format_type(a.atttypid, a.atttypmod) as declared
     from pg_attribute a join pg_type t on t.oid = a.atttypid
     left join pg_type e on e.oid = t.typelem and t.typcategory = 'A'
     where a.attrelid = $1 and a.attnum > 0 and not a.attisdropped order by a.attnum`,
    [relation.oid],
  )
  return { ...relation, columns }
}
