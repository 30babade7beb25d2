import type { AccountCredentials, Postern } from './postern.ts'
import { sql } from './requests.ts'

/**
 * Fills an account with tables that differ in who may read them. Every row of a table that is not
 * public holds `canary`: whoever finds it in an answer that was not to hold it has found a leak.
 */
export async function populateAccount(
  postern: Postern,
  owner: AccountCredentials,
  canary: string,
): Promise<void> {
  const publicRole = await findPublicRole(postern, owner)
  const table = (name: string, text: string) => [
    `create table ${name} (
       cartodb_id serial primary key, name text, the_geom geometry(Point, 4326))`,
    `insert into ${name} (name, the_geom)
     select '${text} ' || n, st_setsrid(st_makepoint(n, n), 4326) from generate_series(1, 3) as n`,
  ]
  const statements = [
    ...table('public_points', 'seen by all'),
    `grant select on public_points to "${publicRole}"`,
    ...table('private_points', canary),
    ...table('other_points', canary),
    'create view other_view as select * from other_points',
    'create materialized view other_matview as select * from other_points',
    'create schema archive',
    ...table('archive.old_points', canary),
  ]
  for (const statement of statements) await runAsOwner(postern, owner, statement)
}

/** Runs a statement with the master key; throws with the answer when it is refused. */
export async function runAsOwner(
  postern: Postern,
  owner: AccountCredentials,
  statement: string,
): Promise<Record<string, unknown>[]> {
  const answer = await sql(postern, owner.account, statement, owner.master_key)
  if (answer.status !== 200) throw new Error(`${statement}: ${answer.status} ${answer.text}`)
  return answer.json<{ rows: Record<string, unknown>[] }>().rows
}

/** There is no request yet that makes a table public, so its role has to be known by name. */
export async function findPublicRole(
  postern: Postern,
  { account }: AccountCredentials,
): Promise<string> {
  const answer = await sql(postern, account, 'select current_user as role')
  const [row] = answer.json<{ rows: { role: string }[] }>().rows
  if (row === undefined) throw new Error(answer.text)
  return row.role
}

/** Everything of an account that a statement could change, but for the numbers that sequences drew. */
export async function describeAccount(
  postern: Postern,
  owner: AccountCredentials,
): Promise<unknown> {
  const names = await runAsOwner(
    postern,
    owner,
    `select oid::regclass::text as name from pg_class
     where relkind in ('r', 'm') and relnamespace::regnamespace::text in ('public', 'archive')
     order by 1`,
  )
  const rows = names.map(
    ({ name }) => `(select json_agg(to_jsonb(t) order by to_jsonb(t)) from ${name} as t)`,
  )
  // VACUUM and ANALYZE by the server itself write these.
  const volatile = 'relpages,reltuples,relallvisible,relfrozenxid,relminmxid,relhasindex'
  const [row] = await runAsOwner(
    postern,
    owner,
    `select json_build_array(${rows.join(', ')},
       (select json_agg(to_jsonb(c) - '{${volatile}}'::text[] order by c.oid) from pg_class c
        where c.relnamespace::regnamespace::text in ('public', 'archive')),
       (select json_agg(to_jsonb(a) order by a.attrelid, a.attnum)
        from pg_attribute a join pg_class c on c.oid = a.attrelid
        where c.relnamespace::regnamespace::text in ('public', 'archive')),
       (select json_agg(to_jsonb(n) order by n.oid) from pg_namespace n),
       (select md5(string_agg(concat_ws(' ', p.oid, p.proname, p.prosecdef, p.proacl), ','
          order by p.oid)) from pg_proc p),
       (select md5(string_agg(concat_ws(' ', t.oid, t.typname), ',' order by t.oid)) from pg_type t),
       (select json_agg(to_jsonb(t) order by t.oid) from pg_trigger t),
       (select md5(string_agg(concat_ws(' ', r.oid, r.rulename), ',' order by r.oid))
        from pg_rewrite r),
       (select json_agg(to_jsonb(p) order by p.oid) from pg_policy p),
       (select json_agg(to_jsonb(d) order by d.objoid, d.objsubid) from pg_description d
        join pg_class c on c.oid = d.objoid
        where c.relnamespace::regnamespace::text in ('public', 'archive')),
       (select json_agg(to_jsonb(d) order by d.oid) from pg_default_acl d),
       (select json_agg(to_jsonb(e) order by e.oid) from pg_extension e),
       (select json_agg(to_jsonb(r) order by r.oid) from pg_roles r),
       (select json_agg(to_jsonb(m) order by m.roleid, m.member) from pg_auth_members m),
       (select json_agg(to_jsonb(s) order by s.setdatabase, s.setrole) from pg_db_role_setting s),
       (select json_agg(d.datname order by d.oid) from pg_database d)) as everything`,
  )
  return row?.everything
}
