import type { Queryable } from '../store/database.ts'
import { quoteIdentifier } from '../store/quote-identifier.ts'
import { lockKey } from './advisory-lock.ts'
import { growingMark } from './pattern-roles.ts'

/**
 * Makes the group role that lets the roles of access tokens log in to a database and name what PostGIS
 * has, where PUBLIC may not, and nothing else: they are no members of the public role. One role,
 * because the access list of a database has room for a few hundred names only. Must run in a
 * transaction on that database; its row is there already.
 */
export async function createConnectRole(
  transaction: Queryable,
  database: string,
  role: string,
): Promise<void> {
  await transaction.query('select pg_advisory_xact_lock($1::bigint)', [lockKey('connectRole')])
  const name = quoteIdentifier(role)
  const { rowCount } = await transaction.query('select from pg_roles where rolname = $1', [role])
  if (rowCount === 0) await transaction.query(`create role ${name} nologin ${growingMark}`)
  const { rows } = await transaction.query<{ has: boolean }>(
    `select has_database_privilege($1::name, $2::text, 'connect') as has`,
    [role, database],
  )
  if (rows[0]?.has !== true) {
    await transaction.query(`grant connect on database ${quoteIdentifier(database)} to ${name}`)
  }
  const { rows: closed } = await transaction.query<{ schema: string }>(
    `select n.nspname::text as schema from pg_extension e join pg_namespace n on n.oid = e.extnamespace
     where e.extname = 'postgis' and not has_schema_privilege($1::name, n.oid, 'usage')`,
    [role],
  )
  for (const { schema } of closed) {
    await transaction.query(`grant usage on schema ${quoteIdentifier(schema)} to ${name}`)
  }
}
