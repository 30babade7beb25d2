import { listAccounts } from '../store/accounts.ts'
import { type Database, inTransaction } from '../store/database.ts'
import { listGroupRoles } from '../store/group-roles.ts'
import { quoteIdentifier } from '../store/quote-identifier.ts'
import { actingFor } from './acting-for.ts'
import type { Admin } from './admin.ts'
import { listDatabases } from './catalogue.ts'
import type { Finding } from './finding.ts'
import { repair } from './repair.ts'
import { listRolesHoldingSomething } from './service-roles.ts'

/**
 * Takes from the group roles of data services what somebody gave them: every key that may use the
 * service would have it too.
 */
export async function reconcileServiceRoles(
  admin: Admin,
  store: Database,
  mend: boolean,
): Promise<Finding[]> {
  const findings: Finding[] = []
  const existing = new Set((await listDatabases(admin)).map(({ database }) => database))
  for (const account of await listAccounts(store, ['active'])) {
    const groups = await listGroupRoles(store, account.id)
    const services = groups.filter(({ kind }) => kind === 'service').map(({ role }) => role)
    if (services.length === 0 || !existing.has(account.database)) continue
    for (const { role, holds } of await listRolesHoldingSomething(admin.cluster, services)) {
      if (!holds) continue
      const sentence = 'The group role of a data service held something: that is taken away.'
      findings.push(
        await repair(mend, { subject: `role ${role}`, sentence }, () =>
          inTransaction(admin.on(account.database), (client) =>
            actingFor(admin, client, [role, account.ownerRole], async () => {
              const name = quoteIdentifier(role)
              await client.query(
                `reassign owned by ${name} to ${quoteIdentifier(account.ownerRole)}`,
              )
              await client.query(`drop owned by ${name}`)
            }),
          ),
        ),
      )
    }
  }
  return findings
}
