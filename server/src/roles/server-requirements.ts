import type { Queryable } from '../store/database.ts'
import type { Finding } from './finding.ts'

/** As PostgreSQL counts: 140000 is 14.0. */
export const oldestPostgres = 140_000
export const oldestPostgis = '3.1'

/** The first release of each major version in which REASSIGN OWNED, which deleting a key needs, is safe. */
const securityFloors: Readonly<Record<number, number>> = {
  14: 140_025,
  15: 150_020,
  16: 160_016,
  17: 170_012,
  18: 180_007,
}

/** With fewer, a handful of keys in use at once would use up the server. */
const fewestConnections = 25
const comfortableConnections = 60

/** A server version number as people write it: 150018 is 15.18. */
export function versionText(versionNum: number): string {
  return `${Math.floor(versionNum / 10_000)}.${versionNum % 10_000}`
}

/**
 * What a PostgreSQL server lacks for Postern to use it, before anything is made on it. Only a
 * `problem` keeps Postern from starting.
 */
export async function checkServerRequirements(cluster: Queryable): Promise<Finding[]> {
  const facts = await getFacts(cluster)
  return [
    ...versionFindings(facts.versionNum),
    ...roleFindings(facts),
    ...postgisFindings(facts),
    ...settingFindings(facts),
  ]
}

type Facts = {
  readonly role: string
  readonly isSuperuser: boolean
  readonly mayCreateRoles: boolean
  readonly mayCreateDatabases: boolean
  readonly versionNum: number
  readonly maxConnections: number
  readonly maxPreparedTransactions: number
  readonly postgisVersion: string | null
}

async function getFacts(cluster: Queryable): Promise<Facts> {
  const { rows } = await cluster.query<Facts>(
    `select rolname::text as role, rolsuper as "isSuperuser", rolcreaterole as "mayCreateRoles",
       rolcreatedb as "mayCreateDatabases",
       current_setting('server_version_num')::integer as "versionNum",
       current_setting('max_connections')::integer as "maxConnections",
       current_setting('max_prepared_transactions')::integer as "maxPreparedTransactions",
       (select default_version from pg_catalog.pg_available_extensions where name = 'postgis')
         as "postgisVersion"
     from pg_catalog.pg_roles where rolname = current_user`,
  )
  const facts = rows[0]
  if (facts === undefined) throw new Error('PostgreSQL does not know the role we logged in as.')
  return facts
}

/** What is to be said about a server's version. */
export function versionFindings(versionNum: number): Finding[] {
  const subject = `PostgreSQL ${versionText(versionNum)}`
  if (versionNum < oldestPostgres) {
    return [
      {
        severity: 'problem',
        subject,
        sentence: `This version is too old: Postern needs ${versionText(oldestPostgres)} or newer.`,
        remedy: 'Use a newer PostgreSQL.',
      },
    ]
  }
  const floor = securityFloors[Math.floor(versionNum / 10_000)]
  if (floor === undefined || versionNum >= floor) return []
  return [
    {
      severity: 'warning',
      subject,
      sentence: `This release lacks security fixes that concern roles with SQL of their own (CVE-2026-120146, REASSIGN OWNED). They are in ${versionText(floor)}.`,
      remedy: `Upgrade PostgreSQL to ${versionText(floor)} or newer.`,
    },
  ]
}

function roleFindings(facts: Facts): Finding[] {
  const missing = [
    ...(facts.mayCreateRoles ? [] : ['CREATEROLE']),
    ...(facts.mayCreateDatabases ? [] : ['CREATEDB']),
  ]
  if (facts.isSuperuser || missing.length === 0) return []
  return [
    {
      severity: 'problem',
      subject: `role ${facts.role}`,
      sentence: `Each credential is a role and each account a database, and this role may not make them: it lacks ${missing.join(' and ')}.`,
      remedy: `As a superuser, run: alter role "${facts.role}" ${missing.join(' ').toLowerCase()}`,
    },
  ]
}

function postgisFindings(facts: Facts): Finding[] {
  const debianPackage = `postgresql-${Math.floor(facts.versionNum / 10_000)}-postgis-3`
  if (facts.postgisVersion === null) {
    return [
      {
        severity: 'problem',
        subject: 'PostGIS',
        sentence: 'PostGIS is not installed on the server.',
        remedy: `On Debian or Ubuntu: apt-get install ${debianPackage}`,
      },
    ]
  }
  if (isPostgisNewEnough(facts.postgisVersion)) return []
  return [
    {
      severity: 'problem',
      subject: `PostGIS ${facts.postgisVersion}`,
      sentence: `This version is too old: Postern needs ${oldestPostgis} or newer.`,
      remedy: 'Use a newer PostGIS.',
    },
  ]
}

/** Compares the first two numbers of a PostGIS version with the oldest that will do. */
export function isPostgisNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [oldestMajor = 0, oldestMinor = 0] = oldestPostgis.split('.').map(Number)
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)
}

function settingFindings(facts: Facts): Finding[] {
  const findings: Finding[] = []
  if (facts.maxConnections < comfortableConnections) {
    findings.push({
      severity: facts.maxConnections < fewestConnections ? 'problem' : 'warning',
      subject: 'max_connections',
      sentence: `The server takes ${facts.maxConnections} connections. Each credential in use needs its own.`,
      remedy: `Set max_connections to ${comfortableConnections} or more, and restart PostgreSQL.`,
    })
  }
  if (facts.maxPreparedTransactions > 0) {
    findings.push({
      severity: 'warning',
      subject: 'max_prepared_transactions',
      sentence:
        'A caller could leave a prepared transaction behind, whose locks outlive the session.',
      remedy: 'Set max_prepared_transactions to 0, and restart PostgreSQL.',
    })
  }
  return findings
}
