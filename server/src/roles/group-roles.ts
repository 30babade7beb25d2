import { AccessError } from '../errors.ts'
import type { Queryable } from '../store/database.ts'
import type { GroupRole } from '../store/group-roles.ts'
import { quoteIdentifier } from '../store/quote-identifier.ts'
import type { RandomBytes } from '../token/base62.ts'
import type { Admin } from './admin.ts'
import { objectLockKey } from './advisory-lock.ts'
import { type ResolvedGrants, refusals } from './resolve-grants.ts'
import { isRoleOf, newRoleName } from './role-name.ts'

/** A set of privileges on one object, to be held by one group role. */
type Wanted = Pick<GroupRole, 'kind' | 'objectOid' | 'privileges'>

/**
 * The group roles for these grants: one per object and set of verbs, found or made. Must run in a
 * transaction on the account's database with the rights of its owner role; until it ends, nobody
 * else finds or makes group roles of the same objects.
 *
 * Which group role there is for an object is read from the object itself, not from what was once
 * written down: the privileges of a dropped object are gone with it, so an object that is new under
 * an old name or an old oid has none.
 * Throws invalid_grants when an object is gone by now.
 */
export async function findOrCreateGroupRoles(
  admin: Admin,
  transaction: Queryable,
  grants: ResolvedGrants,
  randomBytes: RandomBytes,
): Promise<GroupRole[]> {
  const wanted = [
    ...grants.tables.map(
      (table): Wanted => ({
        kind: 'table',
        objectOid: table.oid,
        privileges: table.verbs.join(','),
      }),
    ),
    ...grants.usageSchemas.map(
      (oid): Wanted => ({ kind: 'schema_usage', objectOid: oid, privileges: 'usage' }),
    ),
    ...grants.createSchemas.map(
      (oid): Wanted => ({ kind: 'schema_create', objectOid: oid, privileges: 'create' }),
    ),
  ]
  if (wanted.length === 0) return []
  const oids = [...new Set(wanted.map((one) => one.objectOid))].sort((a, b) => a - b)
  await lockObjects(transaction, oids)
  const objects = await findObjects(transaction, oids)
  const existing = await listGroupRolesOn(admin, transaction, oids)

  const groups: GroupRole[] = []
  for (const one of wanted) {
    const object = objects.find((candidate) => isSameObject(candidate, one))
    if (object === undefined) throw gone(one)
    const found = existing.find(
      (group) => isSameObject(group, one) && group.privileges === one.privileges,
    )
    const role = found?.role ?? newRoleName(admin.installationId, randomBytes)
    if (found === undefined) {
      await transaction.query(`create role ${quoteIdentifier(role)} nologin`)
      await transaction.query(grantStatement(object, one, role))
      await mustHold(admin, transaction, one, role)
    }
    if (one.kind === 'table' && one.privileges.includes('insert')) {
      await grantSequences(transaction, object, role)
    }
    groups.push({ ...one, role })
  }
  return groups
}

/** Held until the transaction ends. Sorted, so that two creators never wait for each other. */
async function lockObjects(transaction: Queryable, oids: readonly number[]): Promise<void> {
  await transaction.query({
    name: 'lock-objects',
    text: 'select pg_advisory_xact_lock(key) from unnest($1::bigint[]) as key',
    values: [oids.map(objectLockKey)],
  })
}

type FoundObject = {
  readonly catalog: 'pg_class' | 'pg_namespace'
  readonly objectOid: number
  /** As SQL text, quoted and qualified. */
  readonly name: string
  /** Sequences that the table's columns take their values from, as SQL text. */
  readonly sequences: readonly string[]
}

async function findObjects(
  transaction: Queryable,
  oids: readonly number[],
): Promise<FoundObject[]> {
  const { rows } = await transaction.query<FoundObject>({
    name: 'find-objects',
    text: `select 'pg_class' as catalog, c.oid as "objectOid",
       format('%I.%I', n.nspname, c.relname) as name,
       array(
         select format('%I.%I', sn.nspname, s.relname)
         from pg_depend d join pg_class s on s.oid = d.objid
         join pg_namespace sn on sn.oid = s.relnamespace
         where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass
           and d.refobjid = c.oid and d.refobjsubid > 0 and d.deptype in ('a', 'i')
           and s.relkind = 'S'
       ) as sequences
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.oid = any ($1::oid[])
     union all
     select 'pg_namespace', n.oid, format('%I', n.nspname), '{}'
     from pg_namespace n where n.oid = any ($1::oid[])`,
    values: [oids],
  })
  return rows
}

type FoundGroup = Pick<FoundObject, 'catalog' | 'objectOid'> & {
  readonly role: string
  readonly privileges: string
}

/**
 * Roles of this installation that cannot log in, hold just these privileges on the object, and
 * nothing at all anywhere else, now and later: whoever becomes a member gets what is asked for and no
 * more.
 */
async function listGroupRolesOn(
  admin: Admin,
  transaction: Queryable,
  oids: readonly number[],
): Promise<FoundGroup[]> {
  const { rows } = await transaction.query<FoundGroup>({
    name: 'list-group-roles-on',
    text: `with held as (
       select 'pg_class' as catalog, c.oid as "objectOid", a.grantee,
         string_agg(distinct lower(a.privilege_type), ',' order by lower(a.privilege_type))
           as privileges,
         bool_or(a.is_grantable) as grantable
       from pg_class c cross join lateral aclexplode(c.relacl) a
       where c.oid = any ($1::oid[]) group by c.oid, a.grantee
       union all
       select 'pg_namespace', n.oid, a.grantee,
         string_agg(distinct lower(a.privilege_type), ',' order by lower(a.privilege_type)),
         bool_or(a.is_grantable)
       from pg_namespace n cross join lateral aclexplode(n.nspacl) a
       where n.oid = any ($1::oid[]) group by n.oid, a.grantee
     )
     select h.catalog, h."objectOid", r.rolname::text as role, h.privileges
     from held h join pg_roles r on r.oid = h.grantee
     where not h.grantable and not r.rolcanlogin and r.rolconnlimit = -1
       and not exists (select from pg_auth_members m where m.member = r.oid)
       and not exists (
         select from pg_shdepend s
         where s.refclassid = 'pg_authid'::regclass and s.refobjid = r.oid
           and s.classid <> 'pg_auth_members'::regclass
           and not (s.dbid = (select oid from pg_database where datname = current_database())
             and (s.classid, s.objid) = (h.catalog::regclass, h."objectOid"))
           and not (h.catalog = 'pg_class' and s.classid = 'pg_class'::regclass and exists (
             select from pg_depend d
             where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass
               and d.objid = s.objid and d.refobjid = h."objectOid" and d.refobjsubid > 0
               and d.deptype in ('a', 'i'))))
     order by r.rolname`,
    values: [oids],
  })
  return rows.filter((row) => isRoleOf(admin.installationId, row.role))
}

function grantStatement(object: FoundObject, wanted: Wanted, role: string): string {
  const target = object.catalog === 'pg_class' ? object.name : `schema ${object.name}`
  return `grant ${wanted.privileges} on ${target} to ${quoteIdentifier(role)}`
}

/**
 * GRANT takes a name, and a name can change hands between looking it up and using it. The object
 * itself must show the new role, or the whole transaction is undone.
 */
async function mustHold(
  admin: Admin,
  transaction: Queryable,
  wanted: Wanted,
  role: string,
): Promise<void> {
  const groups = await listGroupRolesOn(admin, transaction, [wanted.objectOid])
  const isHeld = groups.some(
    (group) =>
      group.role === role && isSameObject(group, wanted) && group.privileges === wanted.privileges,
  )
  if (!isHeld) throw gone(wanted)
}

/** INSERT needs the values of serial columns. Does nothing for what the role has. */
async function grantSequences(
  transaction: Queryable,
  table: FoundObject,
  role: string,
): Promise<void> {
  if (table.sequences.length === 0) return
  const { rows } = await transaction.query<{ sequence: string }>(
    `select sequence from unnest($1::text[]) as sequence
     where not (has_sequence_privilege($2::name, sequence, 'usage')
       and has_sequence_privilege($2::name, sequence, 'select'))`,
    [table.sequences, role],
  )
  if (rows.length === 0) return
  const sequences = rows.map((row) => row.sequence).join(', ')
  await transaction.query(
    `grant usage, select on sequence ${sequences} to ${quoteIdentifier(role)}`,
  )
}

function isSameObject(
  object: Pick<FoundObject, 'catalog' | 'objectOid'>,
  wanted: Pick<Wanted, 'kind' | 'objectOid'>,
): boolean {
  const catalog = wanted.kind === 'table' ? 'pg_class' : 'pg_namespace'
  return object.catalog === catalog && object.objectOid === wanted.objectOid
}

function gone(wanted: Wanted): AccessError {
  const sentence = wanted.kind === 'table' ? refusals.tables : refusals.schemas
  return new AccessError('invalid_grants', { message: `Validation failed: Grants ${sentence}` })
}
