import type { Admin } from './admin.ts'
import { isAccountSchema, type TableVerb } from './resolve-grants.ts'

/** A table or view that an account's owner may grant keys something on. */
export type GrantableTable = {
  readonly schema: string
  readonly name: string
  readonly kind: 'table' | 'view' | 'materialized view' | 'foreign table'
  /** Whether the public role reads it: then every key does. */
  readonly isPublic: boolean
  /** What the owner holds and PostgreSQL can do to it, in the order in which forms show it. */
  readonly verbs: readonly TableVerb[]
}

/**
 * Tables and views on which the owner role holds something, whoever owns them: a page of those whose
 * `schema.name` contains `search`, in any case, and how many there are. Those of `public` come first.
 */
export async function listGrantableTables(
  admin: Admin,
  account: { readonly database: string; readonly ownerRole: string; readonly publicRole: string },
  page: { readonly search: string; readonly limit: number; readonly offset: number },
): Promise<{ total: number; tables: GrantableTable[] }> {
  const { rows } = await admin.on(account.database).query<GrantableTable & { total: number }>(
    `select n.nspname::text as schema, c.relname::text as name,
       case c.relkind when 'v' then 'view' when 'm' then 'materialized view'
         when 'f' then 'foreign table' else 'table' end as kind,
       has_schema_privilege($2::name, n.oid, 'usage')
         and has_table_privilege($2::name, c.oid, 'select') as "isPublic",
       array(
         select v.verb
         from (values (1, 'select', 0), (2, 'insert', 8), (3, 'update', 4), (4, 'delete', 16))
           as v (place, verb, command)
         where has_table_privilege($1::name, c.oid, v.verb)
           -- A materialized view, or a view that cannot be written through, has nothing but rows.
           and (v.command = 0 or pg_relation_is_updatable(c.oid, true) & v.command <> 0)
         order by v.place
       ) as verbs,
       (count(*) over ())::integer as total
     from pg_class c
     join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition and ${isAccountSchema}
       and has_schema_privilege($1::name, n.oid, 'usage')
       and has_table_privilege($1::name, c.oid, 'select, insert, update, delete')
       and position(lower($3::text) in lower(n.nspname || '.' || c.relname)) > 0
     order by n.nspname <> 'public', n.nspname, c.relname
     limit $4 offset $5`,
    [account.ownerRole, account.publicRole, page.search, page.limit, page.offset],
  )
  const tables = rows.map(({ total: _, ...table }) => table)
  return { total: rows[0]?.total ?? 0, tables }
}

/** The account's schemas in which the owner role may let keys make tables. */
export async function listCreatableSchemas(
  admin: Admin,
  account: { readonly database: string; readonly ownerRole: string },
): Promise<string[]> {
  const { rows } = await admin.on(account.database).query<{ name: string }>(
    `select n.nspname::text as name
     from pg_namespace n
     where ${isAccountSchema} and has_schema_privilege($1::name, n.oid, 'create')
     order by n.nspname <> 'public', n.nspname`,
    [account.ownerRole],
  )
  return rows.map(({ name }) => name)
}
