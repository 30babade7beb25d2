import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { inTransaction, type Queryable } from '../store/database.ts'
import { quoteIdentifier, quoteLiteral } from '../store/quote-identifier.ts'
import type { Admin } from './admin.ts'
import { lockKey } from './advisory-lock.ts'

/** The schema of SQL functions that clients of the classic platform call. */
const functionsSchema = 'cartodb'

const directory = new URL('../../sql-functions/', import.meta.url)

/** Whose database it is, as the functions have to know. */
export type FunctionsAccount = {
  readonly name: string
  readonly ownerRole: string
  readonly publicRole: string
}

/**
 * Makes the functions, or brings them up to date, in the template or in an account's database, as
 * Postern's own role. In an account's database the account's roles may use them. All of it or
 * nothing; it can be run again. Throws when a schema of that name is somebody else's.
 */
export async function installSqlFunctions(
  admin: Admin,
  database: string,
  account?: FunctionsAccount,
): Promise<void> {
  const { text, fingerprint } = await readSqlFunctions()
  await inTransaction(admin.on(database), async (transaction) => {
    // Two servers that start at once take turns.
    await transaction.query('select pg_catalog.pg_advisory_xact_lock($1::bigint)', [
      lockKey('sqlFunctions'),
    ])
    await mustBeOurs(transaction)
    await transaction.query(text)
    // Functions are made open to everybody.
    await transaction.query(`revoke all on all functions in schema ${functionsSchema} from public`)
    if (account !== undefined) await open(transaction, account)
    await transaction.query(
      `comment on database ${quoteIdentifier(database)} is ${quoteLiteral(commentOf(fingerprint))}`,
    )
  })
}

/**
 * Which of these databases do not have the functions as they are now. Known from a comment on the
 * database, which only Postern's own role can write: no database is connected to.
 */
export async function listOutdatedDatabases(
  admin: Admin,
  databases: readonly string[],
): Promise<string[]> {
  const { fingerprint } = await readSqlFunctions()
  const { rows } = await admin.cluster.query<{ database: string }>(
    `select datname::text as database from pg_catalog.pg_database
     where datname = any ($1::name[])
       and pg_catalog.shobj_description(oid, 'pg_database') is distinct from $2::text
     order by datname`,
    [databases, commentOf(fingerprint)],
  )
  return rows.map((row) => row.database)
}

function commentOf(fingerprint: string): string {
  return `Postern's SQL functions: ${fingerprint}`
}

async function readSqlFunctions(): Promise<{ text: string; fingerprint: string }> {
  const files = (await readdir(directory)).filter((name) => name.endsWith('.sql')).sort()
  const texts = await Promise.all(files.map((name) => readFile(new URL(name, directory), 'utf8')))
  const text = texts.join('\n')
  // What is granted on them is part of what they are.
  const grants = JSON.stringify([forEverybody, forTheOwner])
  const fingerprint = createHash('sha256').update(text).update(grants).digest('hex').slice(0, 16)
  return { text, fingerprint }
}

async function mustBeOurs(transaction: Queryable): Promise<void> {
  const { rowCount } = await transaction.query(
    `select from pg_catalog.pg_namespace n join pg_catalog.pg_roles r on r.oid = n.nspowner
     where n.nspname = $1 and r.rolname <> current_user`,
    [functionsSchema],
  )
  if (rowCount === 0) return
  throw new Error(
    `There is a schema "${functionsSchema}" already, which is not Postern's. Rename it: alter schema ${functionsSchema} rename to ...`,
  )
}

/** In the schema, for every credential of the account. Its functions run with the caller's rights. */
const forEverybody = [
  `grant usage on schema ${functionsSchema} to ROLES`,
  `grant execute on all functions in schema ${functionsSchema} to ROLES`,
  `grant select on ${functionsSchema}.cdb_account, ${functionsSchema}.cdb_listed,
     ${functionsSchema}.cdb_tablemetadata_text to ROLES`,
]

/** The quota is the owner's to set; the table of changes names tables that others may not know. */
const forTheOwner = [
  `grant update (quota_in_bytes) on ${functionsSchema}.cdb_account to OWNER`,
  `grant select on ${functionsSchema}.cdb_tablemetadata to OWNER`,
]

async function open(transaction: Queryable, account: FunctionsAccount): Promise<void> {
  const owner = quoteIdentifier(account.ownerRole)
  const roles = `${owner}, ${quoteIdentifier(account.publicRole)}`
  for (const statement of forEverybody) await transaction.query(statement.replace('ROLES', roles))
  for (const statement of forTheOwner) await transaction.query(statement.replace('OWNER', owner))
  await transaction.query(
    `insert into ${functionsSchema}.cdb_account (name, public_role) values ($1, $2)
     on conflict (singleton) do update set name = excluded.name, public_role = excluded.public_role`,
    [account.name, account.publicRole],
  )
}
