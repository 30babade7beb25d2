import { quoteIdentifier } from '../store/quote-identifier.ts'
import type { Admin } from './admin.ts'

/**
 * Gives a role the password that we know again: the role itself can have changed it, or a restored
 * backup. `verifier` is a SCRAM verifier, so that no clear password reaches PostgreSQL or its log.
 */
export async function restoreRolePassword(
  admin: Admin,
  role: string,
  verifier: string,
): Promise<void> {
  if (!/^SCRAM-SHA-256\$[0-9A-Za-z+/=:$]+$/.test(verifier)) {
    throw new Error('A role password may only be set by a SCRAM verifier.')
  }
  await admin.cluster.query(`alter role ${quoteIdentifier(role)} password '${verifier}'`)
}
