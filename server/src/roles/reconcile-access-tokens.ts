import {
  deleteAccessTokenRow,
  listAbandonedAccessTokens,
  lockIdleAccessToken,
} from '../store/access-tokens.ts'
import { findAccountById, listAccounts } from '../store/accounts.ts'
import { type Database, inTransaction, type Queryable } from '../store/database.ts'
import { deleteAccessTokenRoles, listTokenRolesOfAccount } from '../store/token-roles.ts'
import type { Admin } from './admin.ts'
import { dropRole } from './drop-role.ts'
import type { Finding } from './finding.ts'
import { repair } from './repair.ts'

/**
 * Clears away access tokens that were never finished, finishes the deletion of others, and drops roles
 * that an edit has left behind. Rows that a living process holds are left to it.
 */
export function reconcileAccessTokens(
  admin: Admin,
  store: Database,
  mend: boolean,
): Promise<Finding[]> {
  return inTransaction(store, async (transaction) => [
    ...(await clearAbandoned(admin, transaction, mend)),
    ...(await dropUngrantedRoles(admin, transaction, mend)),
  ])
}

async function clearAbandoned(
  admin: Admin,
  transaction: Queryable,
  mend: boolean,
): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const token of await listAbandonedAccessTokens(transaction, ['pending', 'deleting'])) {
    const account = await findAccountById(transaction, token.accountId)
    if (account?.state !== 'active') continue
    const roles = (await listTokenRolesOfAccount(transaction, account.id)).filter(
      ({ tokenId }) => tokenId === token.id,
    )
    const sentence =
      token.state === 'pending'
        ? 'The access token was never finished: its roles are dropped.'
        : 'The deletion of the access token was not finished: its roles are dropped.'
    const finding = await repair(mend, { subject: `access token ${token.id}`, sentence }, () =>
      dropRoles(admin, roles),
    )
    if (finding.severity === 'mended') await deleteAccessTokenRow(transaction, token.id)
    findings.push(finding)
  }
  return findings
}

/** An edit makes new roles, puts them in the place of the old ones, and then drops those. */
async function dropUngrantedRoles(
  admin: Admin,
  transaction: Queryable,
  mend: boolean,
): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const account of await listAccounts(transaction, ['active'])) {
    const left = (await listTokenRolesOfAccount(transaction, account.id)).filter(
      ({ state, isGranted }) => state === 'active' && !isGranted,
    )
    for (const one of left) {
      // Whoever is just making roles for the token holds its row.
      if (!(await lockIdleAccessToken(transaction, one.tokenId))) continue
      const sentence = 'An edit of the access token left the role behind: it is dropped.'
      const subject = `role ${one.role}`
      const finding = await repair(mend, { subject, sentence }, () => dropRoles(admin, [one]))
      if (finding.severity === 'mended') await deleteAccessTokenRoles(transaction, [one.role])
      findings.push(finding)
    }
  }
  return findings
}

async function dropRoles(admin: Admin, roles: readonly { readonly role: string }[]): Promise<void> {
  // They only ever read: there is nothing that they could own.
  for (const { role } of roles) await dropRole(admin, role, () => undefined)
}
