import type { Database } from '../store/database.ts'
import { quoteIdentifier } from '../store/quote-identifier.ts'
import type { Admin } from './admin.ts'
import { closeDatabase } from './close-database.ts'
import type { Finding } from './finding.ts'
import { repair } from './repair.ts'
import { isDatabaseOf } from './role-name.ts'

/**
 * Databases that every role of the server, and so every credential, may log in to. The control
 * database is closed. Others may be in use by somebody else: those are only reported.
 */
export async function checkConnect(
  admin: Admin,
  store: Database,
  mend: boolean,
): Promise<Finding[]> {
  const control = await getDatabaseName(store)
  const findings: Finding[] = []
  for (const database of await listOpenDatabases(admin)) {
    const subject = `database ${database}`
    if (database === control) {
      const sentence = 'Every role of the server could log in to the control database.'
      findings.push(await repair(mend, { subject, sentence }, () => closeDatabase(admin, database)))
      // Databases of accounts, and the template, are looked at by checkHardening.
    } else if (
      database !== admin.templateDatabase &&
      !isDatabaseOf(admin.installationId, database)
    ) {
      findings.push({
        severity: 'warning',
        subject,
        sentence:
          'Every role of the server may log in to it, and so may every credential of Postern.',
        remedy: `If nothing else depends on it, run: revoke all on database ${quoteIdentifier(database)} from public`,
      })
    }
  }
  return findings
}

async function getDatabaseName(store: Database): Promise<string> {
  const { rows } = await store.query<{ name: string }>('select current_database()::text as name')
  const name = rows[0]?.name
  if (name === undefined) throw new Error('PostgreSQL does not tell which database this is.')
  return name
}

async function listOpenDatabases(admin: Admin): Promise<string[]> {
  const { rows } = await admin.cluster.query<{ database: string }>(
    `select datname::text as database from pg_database
     where datallowconn and has_database_privilege('public', oid, 'connect') order by datname`,
  )
  return rows.map((row) => row.database)
}
