import type { Queryable } from '../store/database.ts'
import { isAccountSchema } from './resolve-grants.ts'

/** A relation by name; one without a schema is looked for in `public`, as PostgreSQL does first. */
export type RelationName = { readonly schema?: string; readonly name: string }

export type ResolvedRelation = {
  readonly oid: number
  readonly schemaOid: number
}

/**
 * The relations that these names stand for, in their order: exactly and case-sensitively, and only
 * those that the owner role may let others read. Undefined for a name that stands for nothing or for
 * something that it may not; `public` for what everybody may read in PostGIS's own schema.
 */
export async function resolveRelations(
  database: Queryable,
  ownerRole: string,
  names: readonly RelationName[],
): Promise<(ResolvedRelation | 'public' | undefined)[]> {
  if (names.length === 0) return []
  const { rows } = await database.query<{
    position: number
    oid: number | null
    schemaOid: number | null
    isOurs: boolean | null
    isPublic: boolean | null
  }>({
    name: 'resolve-relations',
    text: `select asked.position::integer as position, c.oid, n.oid as "schemaOid",
       ${isAccountSchema} and has_table_privilege($3::name, c.oid, 'select with grant option')
         as "isOurs",
       n.nspname = 'postgis' and has_table_privilege('public', c.oid, 'select') as "isPublic"
     from unnest($1::text[], $2::text[]) with ordinality as asked (schema, name, position)
     left join lateral (
       select c.oid, c.relnamespace from pg_class c join pg_namespace s on s.oid = c.relnamespace
       where c.relname::text = asked.name and c.relkind in ('r', 'p', 'v', 'm', 'f')
         and (s.nspname::text = asked.schema
           or asked.schema is null and s.nspname in ('public', 'postgis'))
       order by s.nspname <> 'public' limit 1
     ) c on true
     left join pg_namespace n on n.oid = c.relnamespace
     order by asked.position`,
    values: [names.map(({ schema }) => schema ?? null), names.map(({ name }) => name), ownerRole],
  })
  return rows.map(({ oid, schemaOid, isOurs, isPublic }) => {
    if (oid === null || schemaOid === null) return undefined
    if (isOurs === true) return { oid, schemaOid }
    return isPublic === true ? 'public' : undefined
  })
}
