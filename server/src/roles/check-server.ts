import type { ServerFacts } from '../store/connections.ts'
import { sqlstateOf, sqlstates } from '../store/database.ts'
import { quoteIdentifier } from '../store/quote-identifier.ts'
import type { Admin } from './admin.ts'
import { checkHardening } from './check-hardening.ts'
import type { Finding } from './finding.ts'
import { isPostgisNewEnough, oldestPostgis, versionFindings } from './server-requirements.ts'

export type ServerCheck = {
  /** What keeps the server from being used (`problem`), and what its owner had better change. */
  readonly findings: readonly Finding[]
  /** Undefined when something is missing that makes it a PostGIS server. */
  readonly facts: ServerFacts | undefined
}

/**
 * Looks whether a server has all that Postern needs to make roles for credentials on it, and names
 * for each thing that is missing the SQL that mends it. `admin` is logged in as the role that is
 * registered, on the database that is.
 */
export async function checkServer(admin: Admin, database: string): Promise<ServerCheck> {
  const seen = await getPrivileges(admin)
  const findings = [
    ...roleFindings(seen),
    ...versionFindings(seen.serverVersionNum),
    ...logInFindings(seen),
    ...postgisFindings(seen),
    ...(await tableFindings(admin, seen)),
  ]
  if (findings.every(({ severity }) => severity !== 'problem')) {
    findings.push(...(await openToEverybody(admin, database)))
  }
  const { systemIdentifier, serverVersionNum, postgisVersion, postgisSchema } = seen
  const isKnown = postgisVersion !== null && postgisSchema !== null
  return {
    findings,
    facts:
      isKnown && systemIdentifier !== null
        ? { systemIdentifier, serverVersionNum, postgisVersion, postgisSchema }
        : undefined,
  }
}

/** What the cluster calls itself, whatever address it is reached at; null where that is not told. */
export async function findSystemIdentifier(admin: Admin): Promise<string | null> {
  try {
    const { rows } = await admin.cluster.query<{ id: string }>(
      'select system_identifier::text as id from pg_control_system()',
    )
    return rows[0]?.id ?? null
  } catch (error) {
    if (sqlstateOf(error) === sqlstates.insufficientPrivilege) return null
    throw error
  }
}

/** What Postern calls there itself, and whoever hardens the server takes from PUBLIC. */
const neededFunctions = [
  'pg_catalog.pg_advisory_xact_lock(bigint)',
  'pg_catalog.pg_terminate_backend(integer,bigint)',
]

type Privileges = {
  readonly role: string
  readonly database: string
  readonly isSuperuser: boolean
  readonly mayCreateRoles: boolean
  readonly systemIdentifier: string | null
  readonly serverVersionNum: number
  /** Those of the needed functions that it may not call. */
  readonly lackedFunctions: readonly string[]
  /** Whether a new role can log in to the database, or be let in. */
  readonly mayLetIn: boolean
  readonly postgisVersion: string | null
  readonly postgisSchema: string | null
  /** Whether a new role can name what is in PostGIS's schema, or be let. */
  readonly mayOpenPostgis: boolean
}

async function getPrivileges(admin: Admin): Promise<Privileges> {
  const { rows } = await admin.cluster.query<Omit<Privileges, 'systemIdentifier'>>(
    `select current_user::text as role, current_database()::text as database,
       r.rolsuper as "isSuperuser", r.rolcreaterole as "mayCreateRoles",
       current_setting('server_version_num')::integer as "serverVersionNum",
       array(select needed from unnest($1::text[]) as needed
         where not has_function_privilege(needed, 'execute')) as "lackedFunctions",
       has_database_privilege('public', current_database(), 'connect')
         or has_database_privilege(current_database(), 'connect with grant option') as "mayLetIn",
       e.extversion as "postgisVersion", n.nspname::text as "postgisSchema",
       coalesce(has_schema_privilege('public', n.oid, 'usage')
         or has_schema_privilege(n.oid, 'usage with grant option'), false) as "mayOpenPostgis"
     from pg_roles r
     left join pg_extension e on e.extname = 'postgis'
     left join pg_namespace n on n.oid = e.extnamespace
     where r.rolname = current_user`,
    [neededFunctions],
  )
  const [row] = rows
  if (row === undefined) throw new Error('PostgreSQL does not know the role we logged in as.')
  return { ...row, systemIdentifier: await findSystemIdentifier(admin) }
}

function roleFindings(seen: Privileges): Finding[] {
  const { role, isSuperuser, mayCreateRoles, systemIdentifier, lackedFunctions } = seen
  const subject = `role ${role}`
  const name = quoteIdentifier(role)
  const findings: Finding[] = []
  if (isSuperuser) {
    findings.push({
      severity: 'problem',
      subject,
      sentence:
        'It is a superuser, whose password opens the whole server and more. Register a role that may make roles and hand on what it is given.',
      remedy: `create role postern login createrole password '...'`,
    })
  } else if (!mayCreateRoles) {
    findings.push({
      severity: 'problem',
      subject,
      sentence: 'Each credential is a role, and this role may not make any: it lacks CREATEROLE.',
      remedy: `alter role ${name} createrole`,
    })
  }
  if (systemIdentifier === null) {
    findings.push({
      severity: 'problem',
      subject,
      sentence: 'It may not ask which server this is, so nobody can tell whether it is our own.',
      remedy: `grant execute on function pg_catalog.pg_control_system() to ${name}`,
    })
  }
  if (lackedFunctions.length > 0) {
    const functions = lackedFunctions.join(', ')
    findings.push({
      severity: 'problem',
      subject,
      sentence: `It may not call ${functions}, by which roles are made one after the other and sessions ended.`,
      remedy: `grant execute on function ${functions} to ${name}`,
    })
  }
  return findings
}

function logInFindings({ role, database, mayLetIn }: Privileges): Finding[] {
  if (mayLetIn) return []
  return [
    {
      severity: 'problem',
      subject: `database ${database}`,
      sentence: `New roles could not log in: PUBLIC may not connect, and ${role} cannot hand on CONNECT.`,
      remedy: `grant connect on database ${quoteIdentifier(database)} to ${quoteIdentifier(role)} with grant option`,
    },
  ]
}

function postgisFindings(seen: Privileges): Finding[] {
  const { postgisVersion, postgisSchema, role } = seen
  if (postgisVersion === null || postgisSchema === null) {
    return [
      {
        severity: 'problem',
        subject: 'PostGIS',
        sentence: `PostGIS is not installed in the database ${seen.database}.`,
        remedy: 'create extension postgis',
      },
    ]
  }
  const subject = `PostGIS ${postgisVersion}`
  if (!isPostgisNewEnough(postgisVersion)) {
    return [
      {
        severity: 'problem',
        subject,
        sentence: `This version is too old: Postern needs ${oldestPostgis} or newer.`,
        remedy: 'alter extension postgis update',
      },
    ]
  }
  if (seen.mayOpenPostgis) return []
  return [
    {
      severity: 'problem',
      subject,
      sentence: `New roles could not use it: PUBLIC has no USAGE on its schema, and ${role} cannot hand it on.`,
      remedy: `grant usage on schema ${quoteIdentifier(postgisSchema)} to ${quoteIdentifier(role)} with grant option`,
    },
  ]
}

type SchemaTables = {
  readonly schema: string
  readonly relations: number
  /** Those that the role may let others read. */
  readonly grantable: number
  readonly mayOpen: boolean
}

/** Only what the registered role owns or was given WITH GRANT OPTION can be granted to a token. */
async function tableFindings(admin: Admin, { role }: Privileges): Promise<Finding[]> {
  const { rows } = await admin.cluster.query<SchemaTables>(
    `select n.nspname::text as schema, count(*)::integer as relations,
       (count(*) filter (where has_table_privilege(c.oid, 'select with grant option')))::integer
         as grantable,
       has_schema_privilege(n.oid, 'usage with grant option') as "mayOpen"
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'v', 'm', 'f')
       and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
       and not exists (
         select from pg_depend d
         where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
     group by n.oid, n.nspname order by n.nspname`,
  )
  const name = quoteIdentifier(role)
  const closed = rows.filter(
    ({ relations, grantable, mayOpen }) => grantable < relations || !mayOpen,
  )
  const nothingIsOpen = rows.every(({ grantable, mayOpen }) => grantable === 0 || !mayOpen)
  return closed.map((row): Finding => {
    const schema = quoteIdentifier(row.schema)
    return {
      severity: nothingIsOpen ? 'problem' : 'warning',
      subject: `schema ${row.schema}`,
      sentence: row.mayOpen
        ? `Of its ${row.relations} tables and views ${role} can grant ${row.grantable}.`
        : `${role} cannot hand on USAGE on this schema, so no table of it can be granted.`,
      remedy: [
        ...(row.mayOpen ? [] : [`grant usage on schema ${schema} to ${name} with grant option`]),
        ...(row.grantable === row.relations
          ? []
          : [`grant select on all tables in schema ${schema} to ${name} with grant option`]),
      ].join('; '),
    }
  })
}

/**
 * What a role on the server has because everybody has it. The server is its owner's: that is said and
 * not changed. Who may connect is no such thing here: the database has users of its own.
 */
async function openToEverybody(admin: Admin, database: string): Promise<Finding[]> {
  const findings = await checkHardening(admin, database)
  return findings
    .filter(({ sentence }) => !sentence.startsWith('no-connect-for-everybody:'))
    .map((finding) => ({ ...finding, severity: 'warning' }))
}
