import type { Admin } from './admin.ts'

/**
 * Functions of others that reading a relation could call with the rights of `role`: by views and what
 * they are made from, row-level security, indexes, checks and what is below the relation. None of
 * PostgreSQL's own, of an extension, of a superuser, of Postern's or of the role itself is told.
 *
 * A view lends its owner's rights to tables only: its functions run as whoever reads it. So nobody who
 * can make a view may have it read by a stronger role.
 */
export async function listForeignCode(
  admin: Admin,
  place: { readonly database: string; readonly role: string; readonly oid: number },
): Promise<string[]> {
  const { rows } = await admin.on(place.database).query<{ name: string }>(
    `with recursive part as (
       select 'pg_rewrite'::regclass::oid as classid, oid, ev_class as of from pg_rewrite
       union all select 'pg_policy'::regclass, oid, polrelid from pg_policy
       union all select 'pg_class'::regclass, indexrelid, indrelid from pg_index
       union all select 'pg_class'::regclass, inhrelid, inhparent from pg_inherits
       union all select 'pg_constraint'::regclass, oid, conrelid from pg_constraint
         where contype = 'c'
       union all select 'pg_statistic_ext'::regclass, oid, stxrelid from pg_statistic_ext
     ), reached as (
       select 'pg_class'::regclass::oid as classid, $1::oid as objid
       union
       select next.classid, next.objid
       from reached r cross join lateral (
         select part.classid, part.oid as objid from part
         where r.classid = 'pg_class'::regclass and part.of = r.objid
         union all
         select d.refclassid, d.refobjid from pg_depend d
         where d.classid = r.classid and d.objid = r.objid and d.refclassid in (
           'pg_class'::regclass, 'pg_proc'::regclass, 'pg_operator'::regclass,
           'pg_opclass'::regclass, 'pg_opfamily'::regclass)
       ) as next
     )
     select p.oid::regprocedure::text as name
     from reached r join pg_proc p on r.classid = 'pg_proc'::regclass and p.oid = r.objid
     join pg_roles o on o.oid = p.proowner
     where not o.rolsuper and o.rolname <> all (array[$2, $3]::name[])
       and not exists (
         select from pg_depend e
         where e.classid = 'pg_proc'::regclass and e.objid = p.oid and e.deptype = 'e')
     order by 1`,
    [place.oid, place.role, admin.role],
  )
  return rows.map(({ name }) => name)
}
