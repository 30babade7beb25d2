import type { Admin } from './admin.ts'

export type EffectiveTable = {
  readonly schema: string
  readonly name: string
  /** True for what the key created itself. */
  readonly owner: boolean
  readonly permissions: readonly string[]
}

export type EffectiveSchema = { readonly name: string; readonly permissions: readonly string[] }

export type EffectiveGrants = {
  readonly tables: EffectiveTable[]
  readonly schemas: EffectiveSchema[]
}

/** What keys hold now, by role, as the database itself says it. A role that is gone holds nothing. */
export async function readEffectiveGrants(
  admin: Admin,
  request: {
    readonly database: string
    /** What every key inherits from it is not listed as the key's own. */
    readonly publicRole: string
    readonly roles: readonly string[]
  },
): Promise<Map<string, EffectiveGrants>> {
  const grants = new Map<string, EffectiveGrants>(
    request.roles.map((role) => [role, { tables: [], schemas: [] }]),
  )
  if (request.roles.length === 0) return grants
  const [tables, schemas] = await Promise.all([
    listTables(admin, request),
    listSchemas(admin, request),
  ])
  for (const { role, ...table } of tables) grants.get(role)?.tables.push(table)
  for (const { role, ...schema } of schemas) grants.get(role)?.schemas.push(schema)
  return grants
}

type Request = Parameters<typeof readEffectiveGrants>[1]

/** Granted to the role or to a group role of it, or owned: materialized views included. */
async function listTables(
  admin: Admin,
  request: Request,
): Promise<({ role: string } & EffectiveTable)[]> {
  const { rows } = await admin.on(request.database).query<{ role: string } & EffectiveTable>({
    name: 'list-effective-tables',
    text: `with key as (
       select oid, rolname::text as role from pg_roles where rolname = any ($1::name[])
     ), holder as (
       select oid as holder, oid, role from key
       union
       select m.roleid, key.oid, key.role
       from key
       join pg_auth_members m on m.member = key.oid
       join pg_roles g on g.oid = m.roleid
       where g.rolname <> $2::name
     ), relation as (
       select c.oid, n.nspname::text as schema, c.relname::text as name, c.relowner, c.relacl
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where c.relkind in ('r', 'p', 'v', 'm', 'f')
         and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'postgis', 'cartodb')
     ), held as (
       select h.role, r.schema, r.name, false as owner, lower(a.privilege_type) as permission
       from relation r
       cross join lateral aclexplode(r.relacl) a
       join holder h on h.holder = a.grantee
       where r.relowner <> h.oid
       union
       select key.role, r.schema, r.name, true, permission
       from relation r
       join key on key.oid = r.relowner
       cross join unnest(array['delete', 'insert', 'references', 'select', 'trigger', 'truncate',
         'update']) as permission
     )
     select role, schema, name, owner, array_agg(permission order by permission) as permissions
     from held group by role, schema, name, owner order by schema, name`,
    values: [request.roles, request.publicRole],
  })
  return rows
}

/** By effective privilege, what comes from the public role included. */
async function listSchemas(
  admin: Admin,
  request: Request,
): Promise<({ role: string } & EffectiveSchema)[]> {
  const { rows } = await admin.on(request.database).query<{ role: string } & EffectiveSchema>({
    name: 'list-effective-schemas',
    text: `select r.rolname::text as role, n.nspname::text as name,
       array_agg(permission order by permission) as permissions
     from pg_roles r
     cross join pg_namespace n
     cross join unnest(array['create', 'usage']) as permission
     where r.rolname = any ($1::name[]) and n.nspname !~ '^pg_' and n.nspname not in ('postgis', 'cartodb')
       and has_schema_privilege(r.oid, n.oid, permission)
     group by r.rolname, n.nspname order by n.nspname`,
    values: [request.roles],
  })
  return rows
}
