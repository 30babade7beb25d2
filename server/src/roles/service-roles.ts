import { AccessError } from '../errors.ts'
import type { Queryable } from '../store/database.ts'
import type { GroupRole } from '../store/group-roles.ts'
import { quoteIdentifier } from '../store/quote-identifier.ts'
import { lockKey } from './advisory-lock.ts'

/**
 * Makes the group roles of data services that are not there yet. Must run in a transaction on the
 * account's database; until it ends, nobody else makes any there.
 * Throws invalid_grants when one holds something: whoever becomes a member gets the service alone.
 */
export async function createServiceRoles(
  transaction: Queryable,
  services: readonly GroupRole[],
): Promise<void> {
  if (services.length === 0) return
  await transaction.query('select pg_advisory_xact_lock($1::bigint)', [lockKey('services')])
  const roles = services.map((service) => service.role)
  const existing = await listRolesHoldingSomething(transaction, roles)
  for (const { role, privileges } of services) {
    const found = existing.find((one) => one.role === role)
    if (found?.holds === true) {
      throw new AccessError('invalid_grants', {
        message: `Validation failed: Grants the service ${privileges} cannot be granted before \`postern doctor\` has run`,
      })
    }
    if (found === undefined) {
      await transaction.query(`create role ${quoteIdentifier(role)} nologin`)
    }
  }
}

/** Which of these roles there are, and whether they own or were given anything anywhere. */
export async function listRolesHoldingSomething(
  transaction: Queryable,
  roles: readonly string[],
): Promise<{ role: string; holds: boolean }[]> {
  const { rows } = await transaction.query<{ role: string; holds: boolean }>(
    `select r.rolname::text as role,
       exists (
         select from pg_shdepend s
         where s.refclassid = 'pg_authid'::regclass and s.refobjid = r.oid
           and s.classid <> 'pg_auth_members'::regclass
       ) or exists (select from pg_auth_members m where m.member = r.oid) as holds
     from pg_roles r where r.rolname = any ($1::name[])`,
    [roles],
  )
  return rows
}
