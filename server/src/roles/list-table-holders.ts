import type { Admin } from './admin.ts'

/** A role that can log in, and what PostgreSQL lets it do with one table. */
export type TableHolder = {
  readonly role: string
  /** Of select, insert, update, delete, sorted. */
  readonly verbs: readonly string[]
  readonly isOwner: boolean
}

/**
 * The LOGIN roles that PostgreSQL lets do something with a relation, by grants, group roles and
 * ownership; of `alwaysAsked` all that can do anything, by whatever way. Members of the public role
 * are not told for what the public role may.
 */
export async function listTableHolders(
  admin: Admin,
  request: {
    readonly database: string
    readonly oid: number
    readonly publicRole: string | undefined
    readonly alwaysAsked: readonly string[]
  },
): Promise<TableHolder[]> {
  const { database, oid, publicRole = null, alwaysAsked } = request
  const { rows } = await admin.on(database).query<TableHolder>(
    `with recursive holder (oid) as (
       select relowner from pg_class where oid = $1
       union
       select a.grantee from pg_class c cross join lateral aclexplode(c.relacl) a
       where c.oid = $1 and a.grantee <> 0
         and a.grantee not in (select oid from pg_roles where rolname = $2::name)
       union
       select m.member from holder h join pg_auth_members m on m.roleid = h.oid
     ), asked as (
       select oid from holder
       union select oid from pg_roles where rolname = any ($3::name[])
     ), held as (
       select r.rolname::text as role, r.oid = c.relowner as "isOwner",
         array(
           select verb from unnest('{delete,insert,select,update}'::text[]) as verb
           where has_table_privilege(r.oid, c.oid, verb)) as verbs
       from asked join pg_roles r on r.oid = asked.oid
       cross join pg_class c
       where c.oid = $1 and r.rolcanlogin and has_schema_privilege(r.oid, c.relnamespace, 'usage')
     )
     select role, verbs, "isOwner" from held where cardinality(verbs) > 0 order by role`,
    [oid, publicRole, alwaysAsked],
  )
  return rows
}
