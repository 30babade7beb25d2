import { randomBytes as cryptoRandomBytes } from 'node:crypto'
import { inTransaction, type Queryable, withRetries } from '../store/database.ts'
import { type GroupRole, insertApiKeyGroupRoles } from '../store/group-roles.ts'
import { quoteIdentifier, quoteIdentifiers, quoteLiteral } from '../store/quote-identifier.ts'
import type { RandomBytes } from '../token/base62.ts'
import { actingFor, membershipOptions } from './acting-for.ts'
import type { Admin } from './admin.ts'
import { findOrCreateGroupRoles } from './group-roles.ts'
import type { ResolvedGrants } from './resolve-grants.ts'
import { isRoleOf } from './role-name.ts'
import { createServiceRoles } from './service-roles.ts'

export type NewKeyRole = {
  readonly accountId: string
  readonly apiKeyId: string
  readonly database: string
  readonly role: string
  /** A SCRAM verifier, never a password. */
  readonly verifier: string
  readonly ownerRole: string
  readonly publicRole: string
  readonly resolved: ResolvedGrants
  /** The group roles of its data services, whose rows are there already. */
  readonly services: readonly GroupRole[]
  readonly connectionLimit: number
  readonly mayWrite: boolean
  /** From then on the role cannot log in; null for never. */
  readonly expiresAt: Date | null
}

/**
 * Makes the LOGIN role of a regular key: all of it in one transaction on the account's database, or
 * nothing. `store` must be the transaction that holds the key's row locked and will make it active:
 * what the role is a member of is recorded there, so it is known exactly when the key is active. A
 * crash leaves a pending row, by which the reconciler finds the role.
 * Throws invalid_grants when an object is gone since it was resolved.
 */
export async function createKeyRole(
  admin: Admin,
  store: Queryable,
  key: NewKeyRole,
  randomBytes: RandomBytes = cryptoRandomBytes,
): Promise<void> {
  if (!isRoleOf(admin.installationId, key.role)) {
    throw new Error(`Not a role name of this installation: ${key.role}`)
  }
  const groups = await withRetries(() =>
    inTransaction(admin.on(key.database), (client) =>
      actingFor(admin, client, [key.ownerRole], async () => {
        const made = await findOrCreateGroupRoles(admin, client, key.resolved, randomBytes)
        await createServiceRoles(client, key.services)
        const groups = [...made, ...key.services]
        await createRole(admin, client, key, groups)
        return groups
      }),
    ),
  )
  await insertApiKeyGroupRoles(store, key, groups)
}

async function createRole(
  admin: Admin,
  transaction: Queryable,
  key: NewKeyRole,
  groups: readonly GroupRole[],
): Promise<void> {
  const role = quoteIdentifier(key.role)
  const expiry =
    key.expiresAt === null ? '' : ` valid until ${quoteLiteral(key.expiresAt.toISOString())}`
  await transaction.query(
    `create role ${role} login nocreatedb nocreaterole
     connection limit ${Math.trunc(key.connectionLimit)} password ${quoteLiteral(key.verifier)}${expiry}`,
  )
  const memberOf = quoteIdentifiers([key.publicRole, ...groups.map((group) => group.role)])
  await transaction.query(`grant ${memberOf} to ${role}${membershipOptions(admin)}`)
  if (!key.mayWrite) {
    // The gateway's sessions say for themselves whether they are read-only; this is for whoever logs
    // in past it.
    await transaction.query(`alter role ${role} set default_transaction_read_only = on`)
  }
  if (key.resolved.createSchemas.length > 0) {
    // What the key creates is the key's; the account's owner can manage it all the same.
    await transaction.query(
      `grant ${role} to ${quoteIdentifier(key.ownerRole)}${membershipOptions(admin)}`,
    )
  }
}
