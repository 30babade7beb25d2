import { quoteIdentifier } from '../store/quote-identifier.ts'
import type { Admin } from './admin.ts'

/**
 * Takes from PUBLIC what PostgreSQL gives it on every new database: to connect, and to make
 * temporary tables. Credentials are roles of the server: without this they could log in to it.
 * Postern's role must own the database.
 */
export async function closeDatabase(admin: Admin, database: string): Promise<void> {
  await admin.cluster.query(`revoke all on database ${quoteIdentifier(database)} from public`)
}
