import { parseTokenSource } from '../policy/parse-token-source.ts'
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
export type RefreshTokenPatterns = (tokenId: string, role: string) => Promise<boolean>

/**
 * Grants of everything, or of all that begins with something, go on to what is made later. PostgreSQL
 * has no such grant for tables of several owners: so when a role of such a grant is refused something,
 * its group roles are brought up to date, at most once in a while, and the caller asks again.
 */
export function createRefreshTokenPatterns(
  context: Pick<CommandContext, 'store' | 'admin' | 'servers' | 'randomBytes' | 'now'>,
): RefreshTokenPatterns {
  const lookedAt = new Map<string, number>()

  return async (tokenId, role) => {
    const nowMs = context.now().getTime()
    const last = lookedAt.get(role)
    if (last !== undefined && nowMs - last < pauseMs) return false
    if (lookedAt.size >= maxRemembered) lookedAt.clear()
    lookedAt.set(role, nowMs)
    return refresh(context, tokenId, role)
  }
}

async function refresh(
  context: Pick<CommandContext, 'store' | 'admin' | 'servers' | 'randomBytes'>,
  tokenId: string,
  role: string,
): Promise<boolean> {
  const { store, randomBytes } = context
  return inTransaction(store, async (transaction) => {
    // Whoever ends or edits the token waits for us, and we do nothing for one that has ended.
    if (!(await lockAccessToken(transaction, tokenId, ['active']))) return false
    const grants = (await listSourceGrants(transaction, [tokenId])).get(tokenId) ?? []
    const growing = grants.filter(
      (grant) => grant.role === role && (grant.kind === 'all' || grant.kind === 'wildcard'),
    )
    const [grant] = growing
    const { rows } = await transaction.query<{ accountId: string }>(
      'select account_id as "accountId" from access_token where id = $1',
      [tokenId],
    )
    const account = await findAccountById(transaction, rows[0]?.accountId ?? '')
    if (grant === undefined || account === undefined) return false
    const connection = await findConnectionByName(transaction, account.id, grant.connectionName)
    if (connection === undefined) return false
    const place = await getConnectionPlace(context, account, connection)
    const database = place.admin.on(place.database)
    const schemas = await listAccountSchemas(database, place.ownerRole)
    const patterns = growing.flatMap(({ source }) => {
      const parsed = parseTokenSource(source, [
        connection.name,
        connection.server?.database ?? account.name,
      ])
      if (!parsed.ok) return []
      if (parsed.source.kind === 'all')
        return schemas.map(({ oid }) => ({ schemaOid: oid, prefix: '' }))
      if (parsed.source.kind !== 'wildcard') return []
      const { schema: name, prefix } = parsed.source
      const schema = schemas.find((one) => one.name === name)
      return schema === undefined ? [] : [{ schemaOid: schema.oid, prefix }]
    })
    const made = await findOrInsertPatternRoles(store, scopeOf(connection), patterns, () =>
      newRoleName(place.admin.installationId, randomBytes),
    )
    const groups = await joinPatternRoles(place.admin, { ...place, role, patterns: made })
    await insertTokenGroupRoles(transaction, { ...scopeOf(connection), role }, groups)
    return true
  })
}
