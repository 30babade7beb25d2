import type { Admin } from './admin.ts'

export type DatasetPrivacy = 'PUBLIC' | 'LINK' | 'PRIVATE'

/** A table or a view of an account, with what is said of it. */
export type DatasetRelation = {
  readonly oid: number
  readonly schema: string
  readonly name: string
  readonly kind: 'table' | 'view' | 'materialized view' | 'foreign table'
  /** What the public role really may: what was once asked for says nothing. */
  readonly privacy: DatasetPrivacy
  readonly description: string | null
  readonly title: string | null
  readonly tags: readonly string[]
  readonly license: string | null
  readonly attributions: string | null
  readonly locked: boolean
  /** Whether its columns are those that CDB_CartodbfyTable makes. */
  readonly isPrepared: boolean
  /** Whether the account's owner may do all of select, insert, update and delete. */
  readonly isWritable: boolean
  /** As declared: `Point`, `MultiPolygon`; nothing for columns that may hold any. */
  readonly geometryTypes: readonly string[]
  /** By PostgreSQL's statistics; null before it has any. */
  readonly rowEstimate: number | null
  /** Indexes included. */
  readonly bytes: number
  /** Null for tables whose changes are not recorded. */
  readonly updatedAt: Date | null
  readonly createdAt: Date | null
}

/** The relations of an account that its owner may read, by schema and name. */
export async function listDatasetRelations(
  admin: Admin,
  account: {
    readonly database: string
    readonly ownerRole: string
    readonly publicRole: string
  },
): Promise<DatasetRelation[]> {
  const { rows } = await admin.on(account.database).query<DatasetRelation>({
    name: 'list-dataset-relations',
    text: `select c.oid, n.nspname::text as schema, c.relname::text as name,
       case c.relkind when 'v' then 'view' when 'm' then 'materialized view'
         when 'f' then 'foreign table' else 'table' end as kind,
       case
         when not (has_table_privilege($2::name, c.oid, 'select')
           and has_schema_privilege($2::name, n.oid, 'usage')) then 'PRIVATE'
         when coalesce(d.unlisted, false) then 'LINK'
         else 'PUBLIC'
       end as privacy,
       obj_description(c.oid, 'pg_class') as description,
       d.title, coalesce(d.tags, '{}') as tags, d.license, d.attributions,
       coalesce(d.locked, false) as locked,
       (select count(*) = 3 from pg_attribute a
        where a.attrelid = c.oid and not a.attisdropped
          and a.attname in ('cartodb_id', 'the_geom', 'the_geom_webmercator')) as "isPrepared",
       (select bool_and(has_table_privilege($1::name, c.oid, verb))
        from unnest('{select,insert,update,delete}'::text[]) as verb) as "isWritable",
       array(
         select distinct postgis.postgis_typmod_type(a.atttypmod)
         from pg_attribute a
         where a.attrelid = c.oid and not a.attisdropped
           and a.atttypid = 'postgis.geometry'::regtype and a.attname <> 'the_geom_webmercator'
           and postgis.postgis_typmod_type(a.atttypmod) not like 'Geometry%'
       ) as "geometryTypes",
       nullif(c.reltuples, -1)::float8 as "rowEstimate",
       coalesce(pg_total_relation_size(c.oid), 0)::float8 as bytes,
       m.updated_at as "updatedAt", m.recorded_since as "createdAt"
     from pg_class c
     join pg_namespace n on n.oid = c.relnamespace
     left join cartodb.cdb_dataset d on d.tabname = c.oid
     left join cartodb.cdb_tablemetadata m on m.tabname = c.oid
     where c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition
       and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'postgis', 'cartodb')
       and has_schema_privilege($1::name, n.oid, 'usage')
       and has_table_privilege($1::name, c.oid, 'select')
     order by n.nspname, c.relname`,
    values: [account.ownerRole, account.publicRole],
  })
  return rows
}
