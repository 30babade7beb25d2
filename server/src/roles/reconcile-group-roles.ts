import { listAccounts } from '../store/accounts.ts'
import { type Database, inTransaction, type Queryable, withRetries } from '../store/database.ts'
import { deleteGroupRoles } from '../store/group-roles.ts'
import { listKnownRoles } from '../store/known-roles.ts'
import { quoteIdentifier } from '../store/quote-identifier.ts'
import { actingFor } from './acting-for.ts'
import type { Admin } from './admin.ts'
import { objectLockKey } from './advisory-lock.ts'
import { listRoles } from './catalogue.ts'
import type { Finding } from './finding.ts'
import { listStrayDatabases } from './reconcile-databases.ts'
import { repair } from './repair.ts'
import { isRoleOf, prefixOf } from './role-name.ts'

/** Drops group roles that nobody is a member of, or that open nothing any more. */
export async function reconcileGroupRoles(
  admin: Admin,
  store: Database,
  mend: boolean,
): Promise<Finding[]> {
  // Roles before rows: the row of a group role is written after the role is made. A role without a
  // row may be that new, but then it has a member.
  const useless = await listUselessRoles(admin)
  const known = await listKnownRoles(store)
  const owners = new Map(
    (await listAccounts(store, ['active'])).map((account) => [account.database, account.ownerRole]),
  )
  const isOldCopy = (await listStrayDatabases(admin, store)).length > 0
  const findings: Finding[] = []
  for (const { role, database } of useless) {
    // Those of services hold nothing by nature, and are there for the next key.
    if (
      known.get(role) === 'login' ||
      known.get(role) === 'service' ||
      (isOldCopy && !known.has(role))
    )
      continue
    const sentence = 'The group role has no member or opens nothing: it is dropped.'
    findings.push(
      await repair(mend, { subject: `role ${role}`, sentence }, () =>
        withRetries(() => dropIfUseless(admin, role, database, owners.get(database ?? ''))),
      ),
    )
  }
  await forgetMissingRoles(admin, store, mend)
  return findings
}

type UselessRole = {
  readonly role: string
  /** Where it holds something; null when it holds nothing. */
  readonly database: string | null
}

/** NOLOGIN roles of this installation that own nothing, and have no member or hold nothing. */
async function listUselessRoles(admin: Admin): Promise<UselessRole[]> {
  const { rows } = await admin.cluster.query<UselessRole>(
    `select r.rolname::text as role, max(d.datname) as database
     from pg_roles r
     left join pg_shdepend s on s.refclassid = 'pg_authid'::regclass and s.refobjid = r.oid
     left join pg_database d on d.oid = s.dbid
     where starts_with(r.rolname, $1) and not r.rolcanlogin
     group by r.oid, r.rolname
     having not coalesce(bool_or(s.deptype = 'o'), false)
       and (not ${hasMember} or count(d.oid) = 0)
     order by r.rolname`,
    [prefixOf(admin.installationId)],
  )
  return rows.filter((row) => isRoleOf(admin.installationId, row.role))
}

/** Postern's own role administers what it made, and is no member in this sense. */
const hasMember = `exists (
  select from pg_auth_members m join pg_roles u on u.oid = m.member
  where m.roleid = r.oid and u.rolname <> current_user)`

/**
 * Looks again while nobody can make keys with grants on the same objects, and drops the role if it
 * still is of no use.
 */
async function dropIfUseless(
  admin: Admin,
  role: string,
  database: string | null,
  ownerRole: string | undefined,
): Promise<void> {
  const name = quoteIdentifier(role)
  if (database === null) {
    // No object leads to it, so nobody can be about to use it.
    await admin.cluster.query(`drop role if exists ${name}`)
    return
  }
  const rights = ownerRole === undefined ? [role] : [role, ownerRole]
  await inTransaction(admin.on(database), async (client) => {
    const isCleared = await actingFor(admin, client, rights, async () => {
      await lockWhatItHolds(client, role)
      if (await isInUse(client, role)) return false
      await client.query(`drop owned by ${name}`)
      return true
    })
    if (isCleared) await client.query(`drop role ${name}`)
  })
}

async function lockWhatItHolds(transaction: Queryable, role: string): Promise<void> {
  const { rows } = await transaction.query<{ oid: number }>(
    `select distinct s.objid as oid
     from pg_shdepend s join pg_roles r on r.oid = s.refobjid
     join pg_database d on d.oid = s.dbid
     where r.rolname = $1 and s.refclassid = 'pg_authid'::regclass
       and d.datname = current_database()
     order by s.objid`,
    [role],
  )
  await transaction.query('select pg_advisory_xact_lock(key) from unnest($1::bigint[]) as key', [
    rows.map((row) => objectLockKey(row.oid)),
  ])
}

async function isInUse(transaction: Queryable, role: string): Promise<boolean> {
  const { rowCount } = await transaction.query(
    `select from pg_roles r where r.rolname = $1 and ${hasMember}`,
    [role],
  )
  return rowCount !== 0
}

/** Deletes the rows of group roles that are gone, and with them what is said of their members. */
async function forgetMissingRoles(admin: Admin, store: Database, mend: boolean): Promise<void> {
  // Rows before roles: a role that has a row was there before it.
  const known = await listKnownRoles(store)
  const existing = new Set((await listRoles(admin)).map((role) => role.role))
  const missing = [...known]
    .filter(([role, kind]) => kind === 'group' && !existing.has(role))
    .map(([role]) => role)
  if (mend && missing.length > 0) await deleteGroupRoles(store, missing)
}
