import { listAccounts } from '../store/accounts.ts'
import type { Database } from '../store/database.ts'
import { dropAccountDatabase } from './account-database.ts'
import type { Admin } from './admin.ts'
import { type CatalogueDatabase, listDatabases } from './catalogue.ts'
import type { Finding } from './finding.ts'
import { repair } from './repair.ts'

/**
 * Drops databases that no account stands for when nothing was ever put in them, and reports the
 * others: a control database that was restored from an old copy does not know its newest accounts,
 * and their data must not be the price. Reports accounts whose database is missing.
 */
export async function reconcileDatabases(
  admin: Admin,
  store: Database,
  mend: boolean,
): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const { database, allowsConnections } of await listStrayDatabases(admin, store)) {
    const subject = `database ${database}`
    if (allowsConnections && (await holdsSomething(admin, database))) {
      findings.push({
        severity: 'problem',
        subject,
        sentence: 'No account stands for this database, and it holds tables.',
        remedy: `Restore the control database that knows it. If nobody needs it, run: drop database "${database}"`,
      })
      continue
    }
    const sentence = 'No account stands for this database, and it is empty: it is dropped.'
    findings.push(
      await repair(mend, { subject, sentence }, () =>
        dropAccountDatabase(admin, { database, roles: [] }),
      ),
    )
  }
  return [...findings, ...(await findMissingDatabases(admin, store))]
}

/** Databases of this installation that no account stands for. */
export async function listStrayDatabases(
  admin: Admin,
  store: Database,
): Promise<CatalogueDatabase[]> {
  // Databases before rows: a row is there before its database is made, and until it is dropped.
  const databases = await listDatabases(admin)
  const accounts = await listAccounts(store, ['pending', 'active', 'deleting'])
  const known = new Set(accounts.map((account) => account.database))
  return databases.filter(({ database }) => !known.has(database))
}

async function holdsSomething(admin: Admin, database: string): Promise<boolean> {
  const { rowCount } = await admin.on(database).query(
    `select from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'postgis', 'cartodb') limit 1`,
  )
  return rowCount !== 0
}

async function findMissingDatabases(admin: Admin, store: Database): Promise<Finding[]> {
  const accounts = await listAccounts(store, ['active'])
  const existing = new Set((await listDatabases(admin)).map(({ database }) => database))
  return accounts
    .filter((account) => !existing.has(account.database))
    .map((account) => ({
      severity: 'problem',
      subject: `account ${account.name}`,
      sentence: `Its database ${account.database} is missing.`,
      remedy: `Restore the database from a backup, or delete the account: postern account delete ${account.name}`,
    }))
}
