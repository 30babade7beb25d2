import { type AccountState, listAccounts } from '../store/accounts.ts'
import { listAllApiKeys } from '../store/api-keys.ts'
import type { Database } from '../store/database.ts'
import { listKnownRoles } from '../store/known-roles.ts'
import { listTokenRolesOfAccount } from '../store/token-roles.ts'
import type { Admin } from './admin.ts'
import { listRoles } from './catalogue.ts'
import { dropRole } from './drop-role.ts'
import type { Finding } from './finding.ts'
import { listStrayDatabases } from './reconcile-databases.ts'
import { repair } from './repair.ts'

const anyState: readonly AccountState[] = ['pending', 'active', 'deleting']

/** Drops roles that no row stands for, and reports rows whose role is missing. */
export async function reconcileRoles(
  admin: Admin,
  store: Database,
  mend: boolean,
): Promise<Finding[]> {
  return [
    ...(await dropUnknownRoles(admin, store, mend)),
    ...(await findMissingRoles(admin, store)),
  ]
}

async function dropUnknownRoles(admin: Admin, store: Database, mend: boolean): Promise<Finding[]> {
  // Roles before rows: a row is there before its role is made, and until its role is dropped.
  const roles = await listRoles(admin)
  const known = await listKnownRoles(store)
  const owners = new Map(
    (await listAccounts(store, anyState)).map((account) => [account.database, account.ownerRole]),
  )
  // Where the control database has lost whole accounts, it may be an old copy: then roles that it
  // does not know are not strangers, and the right copy will want them back.
  const isOldCopy = (await listStrayDatabases(admin, store)).length > 0
  const findings: Finding[] = []
  for (const { role, canLogIn, ownsSomething } of roles) {
    // What neither logs in nor owns anything is a group role: reconcileGroupRoles looks after it.
    if (known.has(role) || !(canLogIn || ownsSomething)) continue
    if (isOldCopy) {
      findings.push({
        severity: 'warning',
        subject: `role ${role}`,
        sentence:
          'No credential stands for this role. It is kept as long as there are databases that no account stands for.',
        remedy: 'See to those databases first.',
      })
      continue
    }
    const sentence = 'No credential stands for this role: it is dropped.'
    findings.push(
      await repair(mend, { subject: `role ${role}`, sentence }, () =>
        dropRole(admin, role, (database) => owners.get(database)),
      ),
    )
  }
  return findings
}

async function findMissingRoles(admin: Admin, store: Database): Promise<Finding[]> {
  // Rows before roles: the role of an active row was there before the row became active.
  const accounts = await listAccounts(store, ['active'])
  const expected: { subject: string; role: string }[] = []
  for (const account of accounts) {
    for (const key of await listAllApiKeys(store, account.id)) {
      if (key.state !== 'active') continue
      expected.push({ subject: `API key ${key.id}`, role: key.role })
    }
    for (const { role, tokenId, state, isGranted } of await listTokenRolesOfAccount(
      store,
      account.id,
    )) {
      if (state === 'active' && isGranted) {
        expected.push({ subject: `access token ${tokenId}`, role })
      }
    }
  }
  const existing = new Set((await listRoles(admin)).map((role) => role.role))
  const missing = expected.filter(({ role }) => !existing.has(role))
  if (missing.length === 0) return []
  // A key that was deleted while we looked is not missing anything.
  const known = await listKnownRoles(store)
  return missing
    .filter(({ role }) => known.has(role))
    .map(({ subject, role }) => ({
      severity: 'problem',
      subject,
      sentence: `The role ${role} of this credential is missing, and what it opened is closed.`,
      remedy:
        'Delete the credential and create it again. Nothing is given to one without being asked.',
    }))
}
