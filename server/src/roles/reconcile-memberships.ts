import { type Account, listAccounts } from '../store/accounts.ts'
import { type ApiKey, listAllApiKeys } from '../store/api-keys.ts'
import { type Database, sqlstateOf, sqlstates } from '../store/database.ts'
import {
  listGroupRoles,
  listGroupRolesOfKeys,
  listGroupRolesOfTokens,
} from '../store/group-roles.ts'
import { quoteIdentifier } from '../store/quote-identifier.ts'
import type { Admin } from './admin.ts'
import { listMemberships, listRoles, type Membership } from './catalogue.ts'
import type { Finding } from './finding.ts'
import { repair } from './repair.ts'
import { isRoleOf } from './role-name.ts'

/**
 * Takes from each role the memberships that it was not given, and reports those that it was given
 * and lacks.
 */
export async function reconcileMemberships(
  admin: Admin,
  store: Database,
  mend: boolean,
): Promise<Finding[]> {
  // Roles, then memberships, then rows: a role is made together with its memberships, and the row
  // is not active before.
  const roles = new Set((await listRoles(admin)).map((role) => role.role))
  const memberships = await listMemberships(admin)
  const expected = await listExpectedMemberships(admin, store)

  const findings: Finding[] = []
  const held = new Map<string, Set<string>>()
  for (const membership of memberships) {
    const { role, member } = membership
    const ofMember = held.get(member) ?? new Set()
    held.set(member, ofMember.add(role))
    if (!isRoleOf(admin.installationId, member)) {
      findings.push(strangerFinding(membership))
    } else if (expected.get(member)?.may.has(role) === false) {
      const sentence = `It was a member of ${role}, which it was never given: that is taken away.`
      findings.push(
        await repair(mend, { subject: `role ${member}`, sentence }, () =>
          revokeMembership(admin, membership),
        ),
      )
    }
  }
  for (const [member, { must }] of expected) {
    const lacking = must.filter((role) => !held.get(member)?.has(role))
    if (lacking.length === 0 || !roles.has(member)) continue
    findings.push({
      severity: 'problem',
      subject: `role ${member}`,
      sentence: `It lacks what it was given: it is not a member of ${lacking.join(', ')}.`,
      remedy: 'Delete the key and create it again. Nothing is given to a key without being asked.',
    })
  }
  return findings
}

type Expected = { readonly may: ReadonlySet<string>; readonly must: readonly string[] }

/** By member. Roles that are being made or dropped are not in it: they are somebody's work. */
async function listExpectedMemberships(
  admin: Admin,
  store: Database,
): Promise<Map<string, Expected>> {
  const expected = new Map<string, Expected>()
  for (const account of await listAccounts(store, ['active'])) {
    const keys = await listAllApiKeys(store, account.id)
    const groups = await listGroupRolesOfKeys(store, account.id)
    for (const key of keys) {
      if (key.state === 'active') expected.set(key.role, expectedOf(account, key, keys, groups))
    }
    for (const [role, must] of await listGroupRolesOfTokens(store, account.id)) {
      expected.set(role, { may: new Set(must), must })
    }
    for (const { role } of await listGroupRoles(store, account.id)) {
      if (isRoleOf(admin.installationId, role)) expected.set(role, { may: new Set(), must: [] })
    }
  }
  return expected
}

function expectedOf(
  account: Account,
  key: ApiKey,
  keys: readonly ApiKey[],
  groups: ReadonlyMap<string, readonly string[]>,
): Expected {
  switch (key.type) {
    case 'default':
      return { may: new Set(), must: [] }
    case 'master': {
      // The owner is a member of the keys that may create tables, to manage what they create.
      const regular = keys.filter((other) => other.type === 'regular')
      return { may: new Set(regular.map((other) => other.role)), must: [] }
    }
    case 'regular': {
      const must = [account.publicRole, ...(groups.get(key.role) ?? [])]
      return { may: new Set(must), must }
    }
  }
}

async function revokeMembership(admin: Admin, membership: Membership): Promise<void> {
  const { role, member, grantor } = membership
  const by = admin.serverVersionNum >= 160_000 ? ` granted by ${quoteIdentifier(grantor)}` : ''
  try {
    await admin.cluster.query(
      `revoke ${quoteIdentifier(role)} from ${quoteIdentifier(member)}${by}`,
    )
  } catch (error) {
    if (sqlstateOf(error) !== sqlstates.undefinedObject) throw error
  }
}

function strangerFinding({ role, member }: Membership): Finding {
  return {
    severity: 'warning',
    subject: `role ${member}`,
    sentence: `This role is not Postern's, and is a member of ${role}: it can do what that role can.`,
    remedy: `If nobody needs it, run: revoke "${role}" from "${member}"`,
  }
}
