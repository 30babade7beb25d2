import { type Account, listAccounts } from '../store/accounts.ts'
import type { Database } from '../store/database.ts'
import { applySearchPath } from './account-database.ts'
import type { Admin } from './admin.ts'
import type { Finding } from './finding.ts'
import { repair } from './repair.ts'
import { installSqlFunctions, listOutdatedDatabases } from './sql-functions.ts'

/**
 * Brings the SQL functions up to date in the databases of accounts that an earlier version made. The
 * template has them already, so new accounts need nothing.
 */
export async function reconcileSqlFunctions(
  admin: Admin,
  store: Database,
  mend: boolean,
): Promise<Finding[]> {
  const accounts = new Map<string, Account>(
    (await listAccounts(store, ['active'])).map((account) => [account.database, account]),
  )
  const findings: Finding[] = []
  for (const database of await listOutdatedDatabases(admin, [...accounts.keys()])) {
    const account = accounts.get(database)
    if (account === undefined) continue
    const found = {
      subject: `account ${account.name}`,
      sentence: 'The SQL functions in its database were of another version: they are replaced.',
    }
    findings.push(
      await repair(mend, found, async () => {
        await installSqlFunctions(admin, database, account)
        await applySearchPath(admin, database)
      }),
    )
  }
  return findings
}
