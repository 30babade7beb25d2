import { type Queryable, withRetries } from '../store/database.ts'
import { quoteIdentifier, quoteLiteral } from '../store/quote-identifier.ts'
import type { Admin } from './admin.ts'
import { lockKey, withAdvisoryLock } from './advisory-lock.ts'
import { checkHardening } from './check-hardening.ts'
import { hardeningRules, ownerPrivilegesSql } from './hardening.ts'
import {
  isPostgisNewEnough,
  oldestPostgis,
  oldestPostgres,
  versionText,
} from './server-requirements.ts'
import { installSqlFunctions, listOutdatedDatabases } from './sql-functions.ts'

/**
 * Makes sure that the template database is there, has PostGIS, and is hardened. A superuser makes
 * and mends it; for any other role it must have been prepared. A crash half-way leaves a database
 * that is not yet marked as a template, and the next call goes on from there.
 * Throws a text that says what is missing and what to run.
 */
export async function ensureTemplate(admin: Admin): Promise<void> {
  if (admin.serverVersionNum < oldestPostgres) {
    throw new Error(
      `PostgreSQL ${versionText(admin.serverVersionNum)} is too old: Postern needs ${versionText(oldestPostgres)} or newer.`,
    )
  }
  await whileNobodyCopies(admin, (client) => prepare(admin, client))
}

/**
 * Runs `work`, which may connect to the template, while nobody copies it: PostgreSQL refuses to copy
 * a database that somebody is connected to.
 */
export function whileNobodyCopies<T>(
  admin: Admin,
  work: (cluster: Queryable) => Promise<T>,
): Promise<T> {
  return withAdvisoryLock(admin.cluster, lockKey('template'), async (client) => {
    try {
      return await work(client)
    } finally {
      await admin.forget(admin.templateDatabase)
    }
  })
}

/** Makes `database` from the template, closed to all connections. Nothing happens if it is there. */
export async function copyTemplate(admin: Admin, database: string): Promise<void> {
  await withAdvisoryLock(admin.cluster, lockKey('template'), async (client) => {
    const { rowCount } = await client.query(
      'select from pg_catalog.pg_database where datname = $1',
      [database],
    )
    if (rowCount !== 0) return
    // The connection that has just checked the template may take a moment to go away.
    await withRetries(() =>
      client.query(
        `create database ${quoteIdentifier(database)}
         template ${quoteIdentifier(admin.templateDatabase)} allow_connections false`,
      ),
    )
  })
}

/** What a superuser has to run, with psql, where Postern's own role is not one. */
export function templatePreparationSql(options: {
  readonly templateDatabase: string
  readonly role: string
}): string {
  const database = quoteIdentifier(options.templateDatabase)
  const create = `create database ${database} template template0 encoding 'UTF8'`
  return [
    '-- Prepares the database that Postern copies for each account. Run it with psql as a superuser.',
    `select ${quoteLiteral(create)}
where not exists (
  select from pg_catalog.pg_database where datname = ${quoteLiteral(options.templateDatabase)}) \\gexec`,
    `\\connect ${database}`,
    ...preparationStatements(options.templateDatabase, options.role).map((text) => `${text};`),
    '',
  ].join('\n')
}

/** Each can be run again; the last one says that all of it is done. */
function preparationStatements(templateDatabase: string, role: string): string[] {
  const database = quoteIdentifier(templateDatabase)
  const admin = quoteIdentifier(role)
  return [
    // In a schema of its own nothing that an account makes can stand in front of it.
    'create schema if not exists postgis',
    'create extension if not exists postgis schema postgis',
    'grant usage on schema postgis to public',
    ...hardeningRules.map((rule) => rule.mend),
    'revoke all on schema public from public',
    `alter schema public owner to ${admin}`,
    ownerPrivilegesSql(admin, 'with grant option'),
    // Changes of the grants on one object take their turns by it.
    `grant execute on function pg_catalog.pg_advisory_xact_lock(bigint) to ${admin}`,
    `alter database ${database} owner to ${admin}`,
    `alter database ${database} with is_template true`,
  ]
}

async function prepare(admin: Admin, cluster: Queryable): Promise<void> {
  const found = await findTemplate(cluster, admin.templateDatabase)
  if (found === undefined && !admin.isSuperuser) {
    throw unprepared(
      admin,
      `There is no database "${admin.templateDatabase}" to copy for accounts.`,
    )
  }
  if (found === undefined) await createTemplate(admin, cluster)
  if (!found?.isTemplate) {
    if (!admin.isSuperuser) {
      throw unprepared(
        admin,
        `The database "${admin.templateDatabase}" is not marked as a template.`,
      )
    }
    await runPreparation(admin)
  }

  await checkPostgis(admin)
  await mustBeHardened(admin)
  const outdated = await listOutdatedDatabases(admin, [admin.templateDatabase])
  if (outdated.length > 0) await installSqlFunctions(admin, admin.templateDatabase)
}

async function mustBeHardened(admin: Admin): Promise<void> {
  if ((await checkHardening(admin, admin.templateDatabase)).length === 0) return
  if (admin.isSuperuser) await runPreparation(admin)
  const findings = await checkHardening(admin, admin.templateDatabase)
  if (findings.length > 0) {
    const sentences = findings.map((finding) => finding.sentence).join('\n')
    throw unprepared(
      admin,
      `The database "${admin.templateDatabase}" is not hardened:\n${sentences}`,
    )
  }
}

async function findTemplate(
  cluster: Queryable,
  name: string,
): Promise<{ isTemplate: boolean } | undefined> {
  const { rows } = await cluster.query<{ isTemplate: boolean }>(
    `select datistemplate as "isTemplate" from pg_catalog.pg_database where datname = $1`,
    [name],
  )
  return rows[0]
}

async function createTemplate(admin: Admin, cluster: Queryable): Promise<void> {
  const { rows } = await cluster.query<{ encoding: string }>(
    `select pg_catalog.pg_encoding_to_char(encoding) as encoding
     from pg_catalog.pg_database where datname = 'template0'`,
  )
  // A server's own locale fits UTF8 only when its encoding is UTF8; the locale C fits any.
  const locale = rows[0]?.encoding === 'UTF8' ? '' : ` lc_collate 'C' lc_ctype 'C'`
  await cluster.query(
    `create database ${quoteIdentifier(admin.templateDatabase)} template template0 encoding 'UTF8'${locale}`,
  )
}

async function runPreparation(admin: Admin): Promise<void> {
  for (const statement of preparationStatements(admin.templateDatabase, admin.role)) {
    await admin.on(admin.templateDatabase).query(statement)
  }
}

async function checkPostgis(admin: Admin): Promise<void> {
  const { rows } = await admin
    .on(admin.templateDatabase)
    .query<{ version: string; schema: string }>(
      `select e.extversion as version, n.nspname::text as schema
     from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace
     where e.extname = 'postgis'`,
    )
  const postgis = rows[0]
  const where = `The database "${admin.templateDatabase}"`
  if (postgis === undefined) throw unprepared(admin, `${where} has no PostGIS.`)
  if (postgis.schema !== 'postgis') {
    throw new Error(
      `${where} has PostGIS in the schema "${postgis.schema}". Postern needs it in "postgis". Rename that database, and Postern prepares a new one.`,
    )
  }
  if (!isPostgisNewEnough(postgis.version)) {
    throw new Error(
      `${where} has PostGIS ${postgis.version}: Postern needs ${oldestPostgis} or newer. After an upgrade of the packages run "alter extension postgis update" in it.`,
    )
  }
}

function unprepared(admin: Admin, sentence: string): Error {
  return new Error(
    `${sentence}\nThe role "${admin.role}" is not a superuser and cannot mend this. Run the following with psql as a superuser, then start Postern again:\n\n${templatePreparationSql(admin)}`,
  )
}
