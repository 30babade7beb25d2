import { numberParameters } from '../policy/number-parameters.ts'
import { placeAsWritten } from '../policy/place-as-written.ts'
import { createTokenRoles } from '../roles/create-token-roles.ts'
import { describeStatement, type StatementDescription } from '../roles/describe-statement.ts'
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
import { invalidTokenRequest } from './invalid-token-request.ts'
import type { PlannedRole } from './plan-source-grants.ts'

/** A planned role with the password that it will have. */
export type RoleWithPassword = PlannedRole & { readonly password: string }

/** What a query answers with, and what its parameters are. */
export type QueryDescription = StatementDescription & { readonly ok: true }

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
 * is the one that holds the token's row and will make the token work. Returns what PostgreSQL makes of
 * the queries.
 * Throws invalid_token_request when PostgreSQL refuses a query; the roles are there then, and their
 * rows tell of them.
 */
export async function makeTokenRoles(
  context: CommandContext,
  transaction: Queryable,
  token: { readonly account: Account; readonly expiresAt: Date | null },
  roles: readonly RoleWithPassword[],
): Promise<QueryDescription[]> {
  const connectionIds = new Set(roles.map(({ place }) => place.connection.id))
  for (const id of connectionIds) {
    const there = roles.filter(({ place }) => place.connection.id === id)
    await makeRolesOn(context, transaction, token, there)
  }
  const queries: QueryDescription[] = []
  for (const role of roles) {
    if (role.query !== undefined) queries.push(await describeQuery(role, role.query))
  }
  return queries
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

/** A query that PostgreSQL refuses to the role that is to run it would never work. */
async function describeQuery(
  { place, role, password }: RoleWithPassword,
  { statement, charactersBefore, at }: NonNullable<PlannedRole['query']>,
): Promise<QueryDescription> {
  const login = { database: place.database, role, password }
  const described = await describeStatement(place.admin, login, numberParameters(statement).text)
  if (described.ok) return described
  const { message, position } = described
  throw invalidTokenRequest({
    message: `${at}: ${message}`,
    field: at,
    position: position && charactersBefore + placeAsWritten(statement, position),
  })
}
