import { AccessError } from '../errors.ts'
import { numberParameters } from '../policy/number-parameters.ts'
import { createTokenRoles } from '../roles/create-token-roles.ts'
import { findStatementRefusal } from '../roles/find-statement-refusal.ts'
import { newRoleName } from '../roles/role-name.ts'
import type { Account } from '../store/accounts.ts'
import type { Queryable } from '../store/database.ts'
import {
  findOrInsertConnectRole,
  findOrInsertPatternRoles,
  insertTokenGroupRoles,
} from '../store/group-roles.ts'
import { insertAccessTokenRoles } from '../store/token-roles.ts'
import { scramVerifier } from '../token/scram-verifier.ts'
import { sealTokenRolePassword } from './access-token-secrets.ts'
import { newRolePassword } from './api-key-secrets.ts'
import { scopeOf } from './connection-place.ts'
import type { CommandContext } from './context.ts'
import type { PlannedRole } from './plan-source-grants.ts'

/** A planned role with the password that it will have. */
export type RoleWithPassword = PlannedRole & { readonly password: string }

/** Writes the rows of planned roles, before the roles are made: a crash must not leave strangers. */
export async function insertPlannedRoles(
  transaction: Queryable,
  context: CommandContext,
  tokenId: string,
  planned: readonly PlannedRole[],
): Promise<RoleWithPassword[]> {
  const roles = planned.map((one) => ({ ...one, password: newRolePassword(context.randomBytes) }))
  await insertAccessTokenRoles(
    transaction,
    roles.map(({ role, password, place }) => ({
      role,
      tokenId,
      connectionId: place.connection.id,
      ...sealTokenRolePassword(context.keyRing(), role, password, context.randomBytes),
    })),
  )
  return roles
}

/**
 * Makes the roles in PostgreSQL, and tries each query as the role that it will run as. `transaction`
 * is the one that holds the token's row and will make the token work.
 * Throws invalid_token_request when PostgreSQL refuses a query; the roles are there then, and their
 * rows tell of them.
 */
export async function makeTokenRoles(
  context: CommandContext,
  transaction: Queryable,
  token: { readonly account: Account; readonly expiresAt: Date | null },
  roles: readonly RoleWithPassword[],
): Promise<void> {
  const connectionIds = new Set(roles.map(({ place }) => place.connection.id))
  for (const id of connectionIds) {
    const there = roles.filter(({ place }) => place.connection.id === id)
    await makeRolesOn(context, transaction, token, there)
  }
  for (const role of roles) await mustRun(role)
}

/** Roles on one connection. */
async function makeRolesOn(
  context: CommandContext,
  transaction: Queryable,
  { expiresAt }: { readonly expiresAt: Date | null },
  roles: readonly RoleWithPassword[],
): Promise<void> {
  const place = roles[0]?.place
  if (place === undefined) return
  const { store, randomBytes, limits } = context
  const newName = () => newRoleName(place.admin.installationId, randomBytes)
  const scope = scopeOf(place.connection)
  const connect = await findOrInsertConnectRole(store, scope, newName)
  const made = await Promise.all(
    roles.map(async ({ role, password, relations, patterns }) => ({
      role,
      relations,
      verifier: await scramVerifier(password, randomBytes),
      patterns: await findOrInsertPatternRoles(store, scope, patterns, newName),
    })),
  )
  const memberships = await createTokenRoles(place.admin, {
    database: place.database,
    ownerRole: place.ownerRole,
    connect,
    roles: made,
    connectionLimit: limits.connectionsPerRole,
    expiresAt,
  })
  for (const [role, groups] of memberships) {
    await insertTokenGroupRoles(transaction, { ...scope, role }, groups)
  }
}

/** A query that cannot be planned as the role that is to run it would never work. */
async function mustRun({ place, role, password, query }: RoleWithPassword): Promise<void> {
  if (query === undefined) return
  const login = { database: place.database, role, password }
  const refusal = await findStatementRefusal(
    place.admin,
    login,
    numberParameters(query.statement).text,
  )
  if (refusal === undefined) return
  throw new AccessError('invalid_token_request', { message: `${query.at}: ${refusal}` })
}
