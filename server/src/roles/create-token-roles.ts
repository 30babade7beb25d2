import { randomBytes as cryptoRandomBytes } from 'node:crypto'
import { inTransaction, withRetries } from '../store/database.ts'
import type { GroupRole } from '../store/group-roles.ts'
import { quoteIdentifier, quoteIdentifiers, quoteLiteral } from '../store/quote-identifier.ts'
import type { RandomBytes } from '../token/base62.ts'
import { actingFor, membershipOptions } from './acting-for.ts'
import type { Admin } from './admin.ts'
import { createConnectRole } from './connect-role.ts'
import { findOrCreateGroupRoles } from './group-roles.ts'
import { groupOfPattern, type PatternRole, refreshPatternRoles } from './pattern-roles.ts'
import type { ResolvedRelation } from './resolve-relations.ts'
import { isRoleOf } from './role-name.ts'

/** A LOGIN role of an access token: it reads these relations, and nothing else at all. */
export type NewTokenRole = {
  readonly role: string
  /** A SCRAM verifier, never a password. */
  readonly verifier: string
  readonly relations: readonly ResolvedRelation[]
  /** Group roles for what may grow; their rows are there already. */
  readonly patterns: readonly PatternRole[]
}

/**
 * Makes the LOGIN roles of an access token on one connection, all of them in one transaction or none,
 * and returns the group roles that each was made a member of. They are no members of the account's
 * public role: what a token opens is what it was granted. Rows that name the roles have to be there,
 * so that a crash leaves nothing that the reconciler cannot find.
 * Throws invalid_grants when a relation is gone since it was resolved.
 */
export async function createTokenRoles(
  admin: Admin,
  token: {
    readonly database: string
    readonly ownerRole: string
    /** The group role that lets them log in. */
    readonly connect: GroupRole
    readonly roles: readonly NewTokenRole[]
    readonly connectionLimit: number
    readonly expiresAt: Date | null
  },
  randomBytes: RandomBytes = cryptoRandomBytes,
): Promise<Map<string, GroupRole[]>> {
  const stranger = token.roles.find(({ role }) => !isRoleOf(admin.installationId, role))
  if (stranger !== undefined) {
    throw new Error(`Not a role name of this installation: ${stranger.role}`)
  }
  return withRetries(() =>
    inTransaction(admin.on(token.database), (client) =>
      actingFor(admin, client, [token.ownerRole], async () => {
        await createConnectRole(client, token.database, token.connect.role)
        const memberships = new Map<string, GroupRole[]>()
        for (const one of token.roles) {
          const made = await findOrCreateGroupRoles(admin, client, readingOf(one), randomBytes)
          await refreshPatternRoles(client, token.ownerRole, one.patterns)
          const groups = [token.connect, ...made, ...one.patterns.map(groupOfPattern)]
          await client.query(creation(one, token))
          const memberOf = quoteIdentifiers(groups.map((group) => group.role))
          await client.query(
            `grant ${memberOf} to ${quoteIdentifier(one.role)}${membershipOptions(admin)}`,
          )
          // The gateway's sessions say for themselves that they are read-only; this is for whoever
          // logs in past it.
          await client.query(
            `alter role ${quoteIdentifier(one.role)} set default_transaction_read_only = on`,
          )
          memberships.set(one.role, groups)
        }
        return memberships
      }),
    ),
  )
}

function creation(
  { role, verifier }: NewTokenRole,
  { connectionLimit, expiresAt }: { connectionLimit: number; expiresAt: Date | null },
): string {
  const expiry = expiresAt === null ? '' : ` valid until ${quoteLiteral(expiresAt.toISOString())}`
  return `create role ${quoteIdentifier(role)} login nocreatedb nocreaterole
    connection limit ${Math.trunc(connectionLimit)} password ${quoteLiteral(verifier)}${expiry}`
}

function readingOf({ relations }: NewTokenRole) {
  const tables = new Map(relations.map(({ oid }) => [oid, { oid, verbs: ['select'] as const }]))
  return {
    tables: [...tables.values()],
    usageSchemas: [...new Set(relations.map(({ schemaOid }) => schemaOid))],
    createSchemas: [],
  }
}
