import { deleteAccountRow, listAbandonedAccounts } from '../store/accounts.ts'
import { listAllApiKeys } from '../store/api-keys.ts'
import { type Database, inTransaction } from '../store/database.ts'
import { listGroupRoles } from '../store/group-roles.ts'
import { dropAccountDatabase } from './account-database.ts'
import type { Admin } from './admin.ts'
import type { Finding } from './finding.ts'
import { repair } from './repair.ts'

/**
 * Clears away accounts that were never finished, and finishes the deletion of others. Rows that a
 * living process holds are left to it.
 */
export function reconcileAccounts(
  admin: Admin,
  store: Database,
  mend: boolean,
): Promise<Finding[]> {
  return inTransaction(store, async (transaction) => {
    const findings: Finding[] = []
    for (const account of await listAbandonedAccounts(transaction, ['pending', 'deleting'])) {
      const keys = await listAllApiKeys(transaction, account.id)
      const groups = await listGroupRoles(transaction, account.id)
      const roles = [
        account.ownerRole,
        account.publicRole,
        ...[...keys, ...groups].map((k) => k.role),
      ]
      const sentence =
        account.state === 'pending'
          ? 'The account was never finished: its database and roles are dropped.'
          : 'The deletion of the account was not finished: its database and roles are dropped.'
      const finding = await repair(mend, { subject: `account ${account.name}`, sentence }, () =>
        dropAccountDatabase(admin, { database: account.database, roles: [...new Set(roles)] }),
      )
      if (finding.severity === 'mended') await deleteAccountRow(transaction, account.id)
      findings.push(finding)
    }
    return findings
  })
}
