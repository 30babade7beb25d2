import type { Observe } from '../observations.ts'
import type { Database } from '../store/database.ts'
import type { Admin } from './admin.ts'
import { lockKey, withAdvisoryLock } from './advisory-lock.ts'
import type { Finding } from './finding.ts'
import { reconcileAccessTokens } from './reconcile-access-tokens.ts'
import { reconcileAccounts } from './reconcile-accounts.ts'
import { reconcileDatabases } from './reconcile-databases.ts'
import { reconcileGroupRoles } from './reconcile-group-roles.ts'
import { reconcileKeys } from './reconcile-keys.ts'
import { reconcileMemberships } from './reconcile-memberships.ts'
import { reconcileRoles } from './reconcile-roles.ts'
import { reconcileServiceRoles } from './reconcile-service-roles.ts'
import { reconcileSqlFunctions } from './reconcile-sql-functions.ts'

/**
 * Makes the roles and databases agree again with the control database after a crash, and returns
 * what it found. It takes away and never gives: a role that lacks something stays without it and is
 * reported. Creations and deletions may go on meanwhile, on this node and on others. With `mend`
 * false it only looks.
 */
export function reconcile(
  admin: Admin,
  store: Database,
  observe: Observe,
  { mend = true }: { readonly mend?: boolean } = {},
): Promise<Finding[]> {
  return withAdvisoryLock(store, lockKey('reconcile'), async () => {
    const findings: Finding[] = []
    // In this order: what is half-made or half-deleted goes first, and is not found again as a
    // stranger; databases go before the roles that own them, and roles before the group roles that
    // they are members of.
    for (const step of [
      reconcileAccounts,
      reconcileKeys,
      reconcileAccessTokens,
      reconcileDatabases,
      reconcileRoles,
      reconcileMemberships,
      reconcileServiceRoles,
      reconcileGroupRoles,
      reconcileSqlFunctions,
    ]) {
      findings.push(...(await step(admin, store, mend)))
    }
    for (const { severity, subject, sentence } of findings) {
      if (severity === 'mended') observe({ event: 'reconciled', repair: sentence, subject })
    }
    return findings
  })
}
