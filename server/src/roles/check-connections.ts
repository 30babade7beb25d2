import { AccessError } from '../errors.ts'
import {
  listRegisteredConnections,
  listTokenRolesOn,
  type RegisteredConnection,
} from '../store/connections.ts'
import type { Database } from '../store/database.ts'
import { listKnownRoles } from '../store/known-roles.ts'
import type { Admin } from './admin.ts'
import { listRoles } from './catalogue.ts'
import { checkServer, findSystemIdentifier } from './check-server.ts'
import { dropRole } from './drop-role.ts'
import type { Finding } from './finding.ts'
import { listStrayDatabases } from './reconcile-databases.ts'
import type { RegisteredServers } from './registered-servers.ts'
import { repair } from './repair.ts'

/**
 * What registered servers lack, and how their roles differ from what the control database says. Roles
 * that no credential stands for are dropped; nothing is given. A server that cannot be reached is a
 * finding like any other.
 */
export async function checkConnections(
  servers: RegisteredServers,
  own: Admin,
  store: Database,
  mend: boolean,
): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const connection of await listRegisteredConnections(store)) {
    const subject = `connection ${connection.name} of ${connection.accountName}`
    try {
      const admin = await servers.adminOf(connection.id)
      const { findings: found } = await checkServer(admin, connection.server.database)
      findings.push(
        ...found
          .filter(({ severity }) => severity === 'problem')
          .map((one) => ({ ...one, subject: `${subject}: ${one.subject}` })),
        ...(await dropStrangers(admin, own, store, { subject, mend })),
        ...(await findMissing(admin, store, connection, subject)),
      )
    } catch (error) {
      if (!(error instanceof AccessError)) throw error
      findings.push({
        severity: 'warning',
        subject,
        sentence: `${error.message} Tokens open nothing on it until then.`,
      })
    }
  }
  return findings
}

/** What an edit or a deletion left behind while the server could not be reached. */
async function dropStrangers(
  admin: Admin,
  own: Admin,
  store: Database,
  { subject, mend }: { readonly subject: string; readonly mend: boolean },
): Promise<Finding[]> {
  // Roles belong to a cluster: of our own one the reconciler looks after them.
  if ((await findSystemIdentifier(admin)) === (await findSystemIdentifier(own))) return []
  // Roles before rows: a row is there before its role is made, and until its role is dropped.
  const roles = await listRoles(admin)
  const known = await listKnownRoles(store)
  const strangers = roles.filter(({ role, canLogIn }) => canLogIn && !known.has(role))
  // An old copy of the control database knows too little, and the right one wants them back.
  if (strangers.length === 0 || (await listStrayDatabases(own, store)).length > 0) return []
  const findings: Finding[] = []
  for (const { role } of strangers) {
    const sentence = 'No credential stands for this role: it is dropped.'
    const found = { subject: `${subject}: role ${role}`, sentence }
    findings.push(await repair(mend, found, () => dropRole(admin, role, () => undefined)))
  }
  return findings
}

async function findMissing(
  admin: Admin,
  store: Database,
  { id }: RegisteredConnection,
  subject: string,
): Promise<Finding[]> {
  // Rows before roles: the role of an active token was there before the token became active.
  const expected = await listTokenRolesOn(store, id)
  const existing = new Set((await listRoles(admin)).map(({ role }) => role))
  const still = new Set(await listTokenRolesOn(store, id))
  return expected
    .filter((role) => !existing.has(role) && still.has(role))
    .map((role) => ({
      severity: 'problem',
      subject,
      sentence: `The role ${role} of an access token is missing, and what it opened is closed.`,
      remedy: 'Edit the token or make it anew. Nothing is given to one without being asked.',
    }))
}
