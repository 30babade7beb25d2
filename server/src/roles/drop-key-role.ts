import type { Admin } from './admin.ts'
import { dropRole } from './drop-role.ts'

/**
 * Ends the LOGIN role of a key. When it resolves nobody can log in as it, no session of it lives,
 * and what it owned is the owner role's. It can be run again after a crash; a role that is gone is
 * no error.
 */
export function dropKeyRole(
  admin: Admin,
  key: { readonly database: string; readonly role: string; readonly ownerRole: string },
): Promise<{ existed: boolean; sessionsEnded: number }> {
  return dropRole(admin, key.role, (database) =>
    database === key.database ? key.ownerRole : undefined,
  )
}
