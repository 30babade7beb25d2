import type { Queryable } from '../store/database.ts'
import { quoteIdentifier } from '../store/quote-identifier.ts'
import type { Admin } from './admin.ts'

/**
 * Runs `work` while Postern's own role holds the rights of these roles. Must be called inside a
 * transaction. A superuser holds them anyway. Any other role becomes a member for just as long: a
 * role that stays a member of thousands pays for all of them at each privilege check.
 */
export async function actingFor<T>(
  admin: Admin,
  transaction: Queryable,
  roles: readonly string[],
  work: () => Promise<T>,
): Promise<T> {
  // On a registered server it has what the owner has: it is who was registered.
  const others = roles.filter((role) => role !== admin.role)
  if (admin.isSuperuser || others.length === 0) return work()
  // Sorted, so that two transactions that need the same roles wait for each other in one order.
  const names = [...new Set(others)].sort().map(quoteIdentifier)
  const how = admin.serverVersionNum >= 160_000 ? ' with inherit true, set true' : ''
  for (const name of names) await transaction.query(`grant ${name} to current_user${how}`)
  const result = await work()
  for (const name of names) await transaction.query(`revoke ${name} from current_user`)
  return result
}

/**
 * How a role becomes a member of another: it has the other's privileges. Where PostgreSQL can tell
 * the two apart, it cannot become the other, and so cannot change the other's password.
 */
export function membershipOptions(admin: Admin): string {
  return admin.serverVersionNum >= 160_000 ? ' with inherit true, set false' : ''
}
