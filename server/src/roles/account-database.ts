import { inTransaction, sqlstateOf, sqlstates } from '../store/database.ts'
import { quoteIdentifier, quoteIdentifiers, quoteLiteral } from '../store/quote-identifier.ts'
import { actingFor } from './acting-for.ts'
import type { Admin } from './admin.ts'
import { closeDatabase } from './close-database.ts'
import { endSessions } from './end-sessions.ts'
import { ownerPrivilegesSql } from './hardening.ts'
import { isDatabaseOf, isRoleOf } from './role-name.ts'
import { installSqlFunctions } from './sql-functions.ts'
import { copyTemplate } from './template.ts'

export type AccountDatabase = {
  readonly name: string
  readonly database: string
  readonly ownerRole: string
  readonly publicRole: string
  /** SCRAM verifiers, never passwords. */
  readonly ownerVerifier: string
  readonly publicVerifier: string
  readonly limits: {
    /** CONNECTION LIMIT of each of the two roles. */
    readonly connectionsPerRole: number
    readonly statementTimeoutMs: number
    /** For the owner role, which imports and transforms. */
    readonly masterStatementTimeoutMs: number
    /** Needs a superuser to set; left alone otherwise. */
    readonly tempFileMegabytes: number
  }
}

/**
 * The gateway ends a statement at its deadline and says so. PostgreSQL's own deadline is the fence
 * behind it, for when the gateway is gone, and comes a little later.
 */
const fenceDelayMs = 5_000

const rolesPerDrop = 200

/**
 * Makes an account's two LOGIN roles and its database, a copy of the template that belongs to
 * Postern's own role and lets only those two in. It can be run again after a crash at any point.
 * Throws when the template is missing.
 */
export async function createAccountDatabase(admin: Admin, account: AccountDatabase): Promise<void> {
  mustBeOurs(admin, account.database, [account.ownerRole, account.publicRole])
  await createOrAlterRole(admin, account.ownerRole, account.ownerVerifier, account.limits)
  await createOrAlterRole(admin, account.publicRole, account.publicVerifier, account.limits)
  // No connection is allowed until nobody but the two roles can make one.
  await copyTemplate(admin, account.database)
  await closeDatabase(admin, account.database)
  await applySettings(admin, account)
  const database = quoteIdentifier(account.database)
  const roles = quoteIdentifiers([account.ownerRole, account.publicRole])
  await admin.cluster.query(`grant connect on database ${database} to ${roles}`)
  // Schemas beside `public` are the owner's to make.
  await admin.cluster.query(
    `grant create on database ${database} to ${quoteIdentifier(account.ownerRole)}`,
  )
  await admin.cluster.query(`alter database ${database} with allow_connections true`)
  await giveToOwner(admin, account)
  await installSqlFunctions(admin, account.database, account)
}

/**
 * Drops an account's database with all that is in it, and its roles: those given, and those that
 * hold something in the database. Ends their sessions first. Nothing happens for what is gone.
 */
export async function dropAccountDatabase(
  admin: Admin,
  account: { readonly database: string; readonly roles: readonly string[] },
): Promise<void> {
  mustBeOurs(admin, account.database, account.roles)
  const database = quoteIdentifier(account.database)
  const roles = [
    ...new Set([...account.roles, ...(await listRolesHoldingSomethingIn(admin, account.database))]),
  ]
  await admin.forget(account.database)
  if (await databaseExists(admin, account.database)) {
    await admin.cluster.query(`alter database ${database} with allow_connections false`)
    await endSessions(admin, roles)
    await admin.cluster.query(`drop database if exists ${database} with (force)`)
  }
  await dropRoles(admin, roles)
}

async function createOrAlterRole(
  admin: Admin,
  role: string,
  verifier: string,
  limits: AccountDatabase['limits'],
): Promise<void> {
  const attributes = `login nocreatedb nocreaterole
    connection limit ${Math.trunc(limits.connectionsPerRole)} password ${quoteLiteral(verifier)}`
  try {
    await admin.cluster.query(`create role ${quoteIdentifier(role)} ${attributes}`)
  } catch (error) {
    if (sqlstateOf(error) !== sqlstates.duplicateObject) throw error
    await admin.cluster.query(`alter role ${quoteIdentifier(role)} ${attributes}`)
  }
}

/** Where names without a schema are looked for by whoever logs in around the gateway. */
export async function applySearchPath(admin: Admin, database: string): Promise<void> {
  await admin.cluster.query(
    `alter database ${quoteIdentifier(database)} set search_path = public, cartodb, postgis`,
  )
}

async function applySettings(admin: Admin, account: AccountDatabase): Promise<void> {
  const database = quoteIdentifier(account.database)
  const owner = quoteIdentifier(account.ownerRole)
  const { statementTimeoutMs, masterStatementTimeoutMs, tempFileMegabytes } = account.limits
  const settings = [
    `timezone = 'UTC'`,
    `statement_timeout = ${Math.trunc(statementTimeoutMs) + fenceDelayMs}`,
    `idle_in_transaction_session_timeout = ${Math.trunc(masterStatementTimeoutMs) + fenceDelayMs}`,
    // Compiling costs more than tiles and pages of rows take.
    'jit = off',
    ...(admin.isSuperuser ? [`temp_file_limit = '${Math.trunc(tempFileMegabytes)}MB'`] : []),
  ]
  await applySearchPath(admin, account.database)
  for (const setting of settings) {
    await admin.cluster.query(`alter database ${database} set ${setting}`)
  }
  await admin.cluster.query(
    `alter role ${owner} set statement_timeout = ${Math.trunc(masterStatementTimeoutMs) + fenceDelayMs}`,
  )
}

/** The schema `public` becomes the owner's, with what an owner needs beside it. */
async function giveToOwner(admin: Admin, account: AccountDatabase): Promise<void> {
  const owner = quoteIdentifier(account.ownerRole)
  await inTransaction(admin.on(account.database), async (client) => {
    await actingFor(admin, client, [account.ownerRole], async () => {
      await client.query(`alter schema public owner to ${owner}`)
      await client.query('revoke all on schema public from public')
      await client.query(`grant usage on schema public to ${quoteIdentifier(account.publicRole)}`)
    })
    await client.query(ownerPrivilegesSql(owner, ''))
  })
}

async function databaseExists(admin: Admin, database: string): Promise<boolean> {
  const { rowCount } = await admin.cluster.query(
    'select from pg_catalog.pg_database where datname = $1',
    [database],
  )
  return rowCount !== 0
}

/** Group roles above all: they own nothing and are named nowhere but on what they open. */
async function listRolesHoldingSomethingIn(admin: Admin, database: string): Promise<string[]> {
  const { rows } = await admin.cluster.query<{ role: string }>(
    `select distinct r.rolname::text as role
     from pg_catalog.pg_shdepend s
     join pg_catalog.pg_database d on d.oid = s.dbid
     join pg_catalog.pg_roles r on r.oid = s.refobjid
     where d.datname = $1 and s.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass`,
    [database],
  )
  return rows.map((row) => row.role).filter((role) => isRoleOf(admin.installationId, role))
}

async function dropRoles(admin: Admin, roles: readonly string[]): Promise<void> {
  for (let start = 0; start < roles.length; start += rolesPerDrop) {
    const names = quoteIdentifiers(roles.slice(start, start + rolesPerDrop))
    await admin.cluster.query(`drop role if exists ${names}`)
  }
}

function mustBeOurs(admin: Admin, database: string, roles: readonly string[]): void {
  const foreign = [
    ...(isDatabaseOf(admin.installationId, database) ? [] : [database]),
    ...roles.filter((role) => !isRoleOf(admin.installationId, role)),
  ]
  if (foreign.length > 0) {
    throw new Error(`Not a database or role of this installation: ${foreign.join(', ')}`)
  }
}
