import type { Principal } from '../credential/principal.ts'
import { joinPatternRoles } from '../roles/join-pattern-roles.ts'
import { listAccountSchemas } from '../roles/pattern-roles.ts'
import { newRoleName } from '../roles/role-name.ts'
import { lockAccessToken } from '../store/access-tokens.ts'
import { findAccountById } from '../store/accounts.ts'
import { findConnectionByName } from '../store/connections.ts'
import { inTransaction } from '../store/database.ts'
import { findOrInsertPatternRoles, insertTokenGroupRoles } from '../store/group-roles.ts'
import { listSourceGrants } from '../store/source-grants.ts'
import { getConnectionPlace, scopeOf } from './connection-place.ts'
import type { CommandContext } from './context.ts'

/** How long a role that was looked at is not looked at again. */
const pauseMs = 2_000
const maxRemembered = 10_000

/** Says whether what a role of an access token may read was looked at anew. */
export type RefreshTokenPatterns = (token: Principal, role: string) => Promise<boolean>

/**
 * Grants of everything, or of all that begins with something, go on to what is made later. PostgreSQL
 * has no such grant for tables of several owners: so when a role of such a grant is refused something,
 * its group roles are brought up to date, at most once in a while, and the caller asks again.
 */
export function createRefreshTokenPatterns(
  context: Pick<CommandContext, 'store' | 'admin' | 'servers' | 'randomBytes' | 'now'>,
): RefreshTokenPatterns {
  const lookedAt = new Map<string, number>()

  return async (token, role) => {
    const grants = token.sourceGrants ?? []
    if (!grants.some((grant) => grant.session.role === role && grows(grant))) return false
    const nowMs = context.now().getTime()
    const last = lookedAt.get(role)
    if (last !== undefined && nowMs - last < pauseMs) return false
    if (lookedAt.size >= maxRemembered) lookedAt.clear()
    lookedAt.set(role, nowMs)
    return refresh(context, token, role)
  }
}

async function refresh(
  context: Pick<CommandContext, 'store' | 'admin' | 'servers' | 'randomBytes'>,
  { accountId, credentialId }: Principal,
  role: string,
): Promise<boolean> {
  const { store, randomBytes } = context
  return inTransaction(store, async (transaction) => {
    // Whoever ends or edits the token waits for us, and we do nothing for one that has ended.
    if (!(await lockAccessToken(transaction, credentialId, ['active']))) return false
    const grants = (await listSourceGrants(transaction, [credentialId])).get(credentialId) ?? []
    const growing = grants.filter((grant) => grant.role === role && grows(grant))
    const account = await findAccountById(transaction, accountId)
    const name = growing[0]?.connectionName
    if (name === undefined || account === undefined) return false
    const connection = await findConnectionByName(transaction, account.id, name)
    if (connection === undefined) return false
    const place = await getConnectionPlace(context, account, connection)
    const schemas = await listAccountSchemas(place.admin.on(place.database), place.ownerRole)
    const patterns = growing.flatMap(({ kind, schemaName, relationName }) =>
      schemas
        .filter((schema) => kind === 'all' || schema.name === schemaName)
        .map(({ oid }) => ({ schemaOid: oid, prefix: relationName ?? '' })),
    )
    const made = await findOrInsertPatternRoles(store, scopeOf(connection), patterns, () =>
      newRoleName(place.admin.installationId, randomBytes),
    )
    const groups = await joinPatternRoles(place.admin, { ...place, role, patterns: made })
    await insertTokenGroupRoles(transaction, { ...scopeOf(connection), role }, groups)
    return true
  })
}

/** Of a wildcard, names have a schema and a beginning; of everything, neither: the store sees to it. */
function grows({ kind }: { readonly kind: string }): boolean {
  return kind === 'all' || kind === 'wildcard'
}
