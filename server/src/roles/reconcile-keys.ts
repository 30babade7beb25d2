import { findAccountById } from '../store/accounts.ts'
import { deleteApiKeyRow, listAbandonedApiKeys } from '../store/api-keys.ts'
import { type Database, inTransaction } from '../store/database.ts'
import type { Admin } from './admin.ts'
import { dropKeyRole } from './drop-key-role.ts'
import type { Finding } from './finding.ts'
import { repair } from './repair.ts'

/**
 * Clears away regular keys that were never finished, and finishes the deletion of others. Rows that
 * a living process holds are left to it.
 */
export function reconcileKeys(admin: Admin, store: Database, mend: boolean): Promise<Finding[]> {
  return inTransaction(store, async (transaction) => {
    const findings: Finding[] = []
    for (const key of await listAbandonedApiKeys(transaction, ['pending', 'deleting'])) {
      const account = await findAccountById(transaction, key.accountId)
      // The built-in keys come and go with their account, whose own row tells who works on it.
      if (key.type !== 'regular' || account?.state !== 'active') continue
      const sentence =
        key.state === 'pending'
          ? 'The key was never finished: its role is dropped.'
          : 'The deletion of the key was not finished: its role is dropped.'
      const finding = await repair(mend, { subject: `API key ${key.id}`, sentence }, () =>
        dropKeyRole(admin, {
          database: account.database,
          role: key.role,
          ownerRole: account.ownerRole,
        }),
      )
      if (finding.severity === 'mended') await deleteApiKeyRow(transaction, key.id)
      findings.push(finding)
    }
    return findings
  })
}
