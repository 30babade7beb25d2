import pg from 'pg'
import { type DatabaseAddress, sqlstateOf, sqlstates, withRetries } from './database.ts'
import { quoteIdentifier } from './quote-identifier.ts'

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
  // What is lost fails its statement; without a listener it would end the process as well.
  client.on('error', () => {})
  try {
    await client.connect()
    const { rows } = await client.query('select from pg_database where datname = $1', [name])
    if (rows.length === 0) await createDatabase(client, name)
    // Each time: whoever made it may not have come this far.
    await withRetries(() =>
      client.query(`revoke all on database ${quoteIdentifier(name)} from public`),
    )
  } catch (error) {
    if (sqlstateOf(error) === sqlstates.insufficientPrivilege) {
      throw new Error(
        `The role '${address.user}' may not create databases. Run as a superuser: alter role "${address.user}" createdb createrole`,
        { cause: error },
      )
    }
    throw new Error(
      `Cannot use the PostgreSQL server at ${address.host}:${address.port}: ${(error as Error).message}`,
      { cause: error },
    )
  } finally {
    await client.end().catch(() => {})
  }
}

async function createDatabase(client: pg.Client, name: string): Promise<void> {
  try {
    await client.query(
      `create database ${quoteIdentifier(name)} template template0 encoding 'UTF8'`,
    )
  } catch (error) {
    // Another server that starts at the same time was first: by a little or by very little.
    const code = sqlstateOf(error)
    if (code !== sqlstates.duplicateDatabase && code !== sqlstates.uniqueViolation) throw error
  }
}
