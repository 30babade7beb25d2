import pg from 'pg'
import { type DatabaseAddress, sqlstateOf, sqlstates } from './database.ts'

/**
 * Makes the control database when there is none. Nobody but Postern's own role may connect to it.
 * Throws when the server refuses, with a sentence that says what the role lacks.
 */
export async function ensureControlDatabase(address: DatabaseAddress, name: string): Promise<void> {
  const client = new pg.Client({
    ...address,
    ssl: address.ssl ?? false,
    connectionTimeoutMillis: 5_000,
  })
  try {
    await client.connect()
    const { rows } = await client.query('select from pg_database where datname = $1', [name])
    if (rows.length > 0) return
    await client.query(
      `create database ${client.escapeIdentifier(name)} template template0 encoding 'UTF8'`,
    )
    await client.query(`revoke all on database ${client.escapeIdentifier(name)} from public`)
  } catch (error) {
    // 42P04: another server that starts at the same time was first.
    if (sqlstateOf(error) === '42P04') return
    if (sqlstateOf(error) === sqlstates.insufficientPrivilege) {
      throw new Error(
        `The role '${address.user}' may not create databases. Run as a superuser: alter role "${address.user}" createdb createrole`,
        { cause: error },
      )
    }
    throw new Error(
      `Cannot use the PostgreSQL server at ${address.host}:${address.port}: ${(error as Error).message}`,
      {
        cause: error,
      },
    )
  } finally {
    await client.end().catch(() => {})
  }
}
