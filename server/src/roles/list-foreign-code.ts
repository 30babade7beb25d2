import type { Admin } from './admin.ts'

/**
 * Functions that reading a relation could call with the rights of `role`, and that this may be a trap:
 * by views and what they are made from, row-level security, indexes, checks, the types that values are
 * made of and what is below the relation. Those are functions of others: none of PostgreSQL's own, of
 * an extension, of a superuser, of Postern's or of the role itself. And in what others have written,
 * whoever made them, those that do more than compute: `query_to_xml` runs a text as SQL, `pg_notify`
 * tells others.
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
       select 'pg_rewrite'::regclass::oid as classid, oid,
         'pg_class'::regclass::oid as whole, ev_class as of from pg_rewrite
       union all select 'pg_policy'::regclass, oid, 'pg_class'::regclass, polrelid from pg_policy
       union all select 'pg_class'::regclass, indexrelid, 'pg_class'::regclass, indrelid
         from pg_index
       union all select 'pg_class'::regclass, inhrelid, 'pg_class'::regclass, inhparent
         from pg_inherits
       union all select 'pg_constraint'::regclass, oid, 'pg_class'::regclass, conrelid
         from pg_constraint where contype = 'c' and conrelid <> 0
       union all select 'pg_constraint'::regclass, oid, 'pg_type'::regclass, contypid
         from pg_constraint where contype = 'c' and contypid <> 0
       union all select 'pg_statistic_ext'::regclass, oid, 'pg_class'::regclass, stxrelid
         from pg_statistic_ext
     ), stranger as (
       select oid from pg_roles where not rolsuper and rolname <> all (array[$2, $3]::name[])
     ), reached as (
       select 'pg_class'::regclass::oid as classid, $1::oid as objid,
         exists (select from pg_class c join stranger on stranger.oid = c.relowner
           where c.oid = $1) as is_of_others
       union
       select next.classid, next.objid, case next.classid
         when 'pg_class'::regclass then exists (
           select from pg_class c join stranger on stranger.oid = c.relowner
           where c.oid = next.objid)
         when 'pg_type'::regclass then exists (
           select from pg_type t join stranger on stranger.oid = t.typowner
           where t.oid = next.objid)
         else r.is_of_others end
       from reached r cross join lateral (
         select part.classid, part.oid as objid from part
         where part.whole = r.classid and part.of = r.objid
         union all
         select d.refclassid, d.refobjid from pg_depend d
         where d.classid = r.classid and d.objid = r.objid and d.refclassid in (
           'pg_class'::regclass, 'pg_proc'::regclass, 'pg_operator'::regclass,
           'pg_opclass'::regclass, 'pg_opfamily'::regclass, 'pg_type'::regclass)
       ) as next
     ), written as (
       -- pg_depend knows nothing of PostgreSQL's own functions: what is called is read off.
       select a.ev_action::text as nodes from reached r join pg_rewrite a
         on r.classid = 'pg_rewrite'::regclass and a.oid = r.objid where r.is_of_others
       union all
       select p.polqual::text from reached r join pg_policy p
         on r.classid = 'pg_policy'::regclass and p.oid = r.objid where r.is_of_others
       union all
       select c.conbin::text from reached r join pg_constraint c
         on r.classid = 'pg_constraint'::regclass and c.oid = r.objid where r.is_of_others
     ), called as (
       select called[1]::oid as oid
       from written cross join lateral
         regexp_matches(nodes, ':(?:funcid|opfuncid|aggfnoid|winfnoid) (\\d+)', 'g') as called
     )
     select p.oid::regprocedure::text as name
     from reached r join pg_proc p on r.classid = 'pg_proc'::regclass and p.oid = r.objid
     join stranger on stranger.oid = p.proowner
     where not exists (
       select from pg_depend e
       where e.classid = 'pg_proc'::regclass and e.objid = p.oid and e.deptype = 'e')
     union
     select p.oid::regprocedure::text
     from called join pg_proc p on p.oid = called.oid
     where p.provolatile = 'v' or p.proparallel <> 's'
     order by 1`,
    [place.oid, place.role, admin.role],
  )
  return rows.map(({ name }) => name)
}
