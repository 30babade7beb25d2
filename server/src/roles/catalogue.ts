import type { Admin } from './admin.ts'
import { isDatabaseOf, isRoleOf, prefixOf } from './role-name.ts'

/** A role of this installation as PostgreSQL knows it. */
export type CatalogueRole = {
  readonly role: string
  readonly canLogIn: boolean
  readonly ownsSomething: boolean
  /** Attributes that none of our roles may have, in the words of ALTER ROLE. */
  readonly excess: readonly string[]
}

/** `member` has what `role` has. At least one of the two is of this installation. */
export type Membership = {
  readonly role: string
  readonly member: string
  readonly grantor: string
}

/** All roles of this installation. */
export async function listRoles(admin: Admin): Promise<CatalogueRole[]> {
  const { rows } = await admin.cluster.query<CatalogueRole>(
    `select rolname::text as role, rolcanlogin as "canLogIn",
       exists (
         select from pg_shdepend s
         where s.refclassid = 'pg_authid'::regclass and s.refobjid = r.oid and s.deptype = 'o'
       ) as "ownsSomething",
       array_remove(array[
         case when rolsuper then 'superuser' end,
         case when rolcreaterole then 'createrole' end,
         case when rolcreatedb then 'createdb' end,
         case when rolreplication then 'replication' end,
         case when rolbypassrls then 'bypassrls' end
       ], null) as excess
     from pg_roles r where starts_with(rolname, $1) order by rolname`,
    [prefixOf(admin.installationId)],
  )
  return rows.filter((row) => isRoleOf(admin.installationId, row.role))
}

/**
 * All memberships of, and in, roles of this installation, but for those by which PostgreSQL lets
 * Postern's own role administer what it made.
 */
export async function listMemberships(admin: Admin): Promise<Membership[]> {
  const { rows } = await admin.cluster.query<Membership>(
    `select r.rolname::text as role, u.rolname::text as member,
       coalesce(g.rolname::text, current_user::text) as grantor
     from pg_auth_members m
     join pg_roles r on r.oid = m.roleid
     join pg_roles u on u.oid = m.member
     left join pg_roles g on g.oid = m.grantor
     where (starts_with(r.rolname, $1) or starts_with(u.rolname, $1)) and u.rolname <> current_user`,
    [prefixOf(admin.installationId)],
  )
  return rows
}

export type CatalogueDatabase = {
  readonly database: string
  /** False from its making until its roles, and nobody else, can log in to it. */
  readonly allowsConnections: boolean
}

/** All databases of this installation. */
export async function listDatabases(admin: Admin): Promise<CatalogueDatabase[]> {
  const { rows } = await admin.cluster.query<CatalogueDatabase>(
    `select datname::text as database, datallowconn as "allowsConnections"
     from pg_database where starts_with(datname, $1) order by datname`,
    [prefixOf(admin.installationId)],
  )
  return rows.filter((row) => isDatabaseOf(admin.installationId, row.database))
}
