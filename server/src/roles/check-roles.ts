import { listAccounts } from '../store/accounts.ts'
import { type ApiKey, listAllApiKeys } from '../store/api-keys.ts'
import type { Database } from '../store/database.ts'
import { quoteIdentifier } from '../store/quote-identifier.ts'
import { listTokenRolesOfAccount } from '../store/token-roles.ts'
import type { Admin } from './admin.ts'
import { listRoles } from './catalogue.ts'
import type { Finding } from './finding.ts'
import { repair } from './repair.ts'
import { isRoleOf, prefixOf } from './role-name.ts'

/** Roles of ours that became more than a credential may be, such as a superuser. */
export async function checkRoleAttributes(admin: Admin, mend: boolean): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const { role, excess } of await listRoles(admin)) {
    if (excess.length === 0) continue
    const sentence = `It had the attributes ${excess.join(', ')}, which no credential may have.`
    const takenAway = excess.map((attribute) => `no${attribute}`).join(' ')
    findings.push(
      await repair(mend, { subject: `role ${role}`, sentence }, () =>
        admin.cluster.query(`alter role ${quoteIdentifier(role)} ${takenAway}`),
      ),
    )
  }
  return findings
}

type RoleSetting = {
  readonly role: string
  /** Null for settings that hold in every database. */
  readonly database: string | null
  readonly name: string
  readonly value: string
}

/**
 * Settings on roles of ours that Postern did not make. A role may change its own, and they would
 * hold for each of its sessions from then on.
 */
export async function checkRoleSettings(
  admin: Admin,
  store: Database,
  mend: boolean,
): Promise<Finding[]> {
  const settings = await listRoleSettings(admin)
  const keys = new Map<string, ApiKey>()
  const tokenRoles = new Set<string>()
  for (const account of await listAccounts(store, ['active'])) {
    for (const key of await listAllApiKeys(store, account.id)) keys.set(key.role, key)
    for (const { role } of await listTokenRolesOfAccount(store, account.id)) tokenRoles.add(role)
  }
  const findings: Finding[] = []
  for (const setting of settings) {
    const { database } = setting
    if (database === null && tokenRoles.has(setting.role) && isReadOnly(setting)) continue
    if (isExpected(setting, keys.get(setting.role))) continue
    const { role, name, value } = setting
    const where = database === null ? '' : ` in database ${quoteIdentifier(database)}`
    const sentence = `${name} was set to ${value} for its sessions, which Postern did not do: that is reset.`
    findings.push(
      await repair(mend, { subject: `role ${role}`, sentence }, () =>
        admin.cluster.query(
          `alter role ${quoteIdentifier(role)}${where} reset ${quoteIdentifier(name)}`,
        ),
      ),
    )
  }
  return findings
}

async function listRoleSettings(admin: Admin): Promise<RoleSetting[]> {
  const { rows } = await admin.cluster.query<RoleSetting>(
    `select r.rolname::text as role, d.datname::text as database,
       split_part(setting, '=', 1) as name,
       substr(setting, strpos(setting, '=') + 1) as value
     from pg_db_role_setting s
     join pg_roles r on r.oid = s.setrole
     left join pg_database d on d.oid = s.setdatabase
     cross join unnest(s.setconfig) as setting
     where starts_with(r.rolname, $1) order by r.rolname, name`,
    [prefixOf(admin.installationId)],
  )
  return rows.filter((row) => isRoleOf(admin.installationId, row.role))
}

function isReadOnly({ name, value }: RoleSetting): boolean {
  return name === 'default_transaction_read_only' && value === 'on'
}

function isExpected(setting: RoleSetting, key: ApiKey | undefined): boolean {
  const { database, name, value } = setting
  if (database !== null || key === undefined) return false
  if (key.type === 'master') return name === 'statement_timeout' && value !== '0'
  return key.type === 'regular' && !key.grants.mayWrite && isReadOnly(setting)
}
