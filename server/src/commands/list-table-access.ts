import type { Manager } from '../credential/manager.ts'
import type { Api } from '../credential/principal.ts'
import { listTableHolders, type TableHolder } from '../roles/list-table-holders.ts'
import {
  type KeyOfRole,
  listKeysOfRoles,
  listTokenReaches,
  type TokenReach,
} from '../store/table-access.ts'
import type { CommandContext } from './context.ts'
import { getTable } from './table-place.ts'

/** A credential that reaches a table, and by what. */
export type TableAccess = {
  readonly credential:
    | { readonly kind: 'master' | 'default' }
    | { readonly kind: 'key'; readonly name: string }
    | { readonly kind: 'token'; readonly id: string; readonly name: string }
  /**
   * `everything`: the master key is the account's owner; `public`: the table is open to all;
   * `grant`: of this table; `owner`: the key has made it; then the kinds of an access token's sources.
   */
  readonly by: 'everything' | 'public' | 'grant' | 'owner' | TokenReach['kind']
  /** The grant of an access token as it was given; null for keys. */
  readonly source: string | null
  readonly verbs: readonly string[]
  readonly apis: readonly Api[]
  readonly expiresAt: Date | null
  readonly referers: readonly string[]
}

export type TableAccessList = {
  readonly access: readonly TableAccess[]
  /** How many keys and tokens there are beyond those that are listed. */
  readonly unlisted: number
  /**
   * How many access tokens of other users read it; null for whoever is no owner. Whose they are and
   * what they are called is told to nobody.
   */
  readonly tokensOfOthers: number | null
}

/** More keys and tokens than these are counted only. */
const maxListed = 200

/**
 * The credentials that reach a table or view, as PostgreSQL itself would let them: grants, group roles,
 * ownership and privacy. Of access tokens the manager's own.
 * Throws connection_not_found, resource_not_found, server_unreachable, server_refused.
 */
export async function listTableAccess(
  context: CommandContext,
  manager: Pick<Manager, 'accountId' | 'userId' | 'level'>,
  connectionName: string,
  dottedName: string,
): Promise<TableAccessList> {
  const opened = await getTable(context, manager, connectionName, dottedName)
  const { account, connection, place, table } = opened
  const { admin, database, publicRole } = place
  const general = connection.isDefault ? [account.ownerRole, account.publicRole] : []
  const holders = await listTableHolders(admin, {
    database,
    oid: table.oid,
    publicRole,
    alwaysAsked: general,
  })
  const byRole = new Map(holders.map((holder) => [holder.role, holder]))
  const roles = [...byRole.keys()]
  const keys = connection.isDefault ? await listKeysOfRoles(context.store, account.id, roles) : []
  const reaches = await listTokenReaches(context.store, {
    accountId: account.id,
    connectionId: connection.id,
    schema: table.schema,
    name: table.name,
    roles,
  })
  const own = reaches.filter(({ userId }) => userId === manager.userId)
  const others = new Set(
    reaches.filter(({ userId }) => userId !== manager.userId).map(({ tokenId }) => tokenId),
  )
  const specific = [
    ...keys.flatMap((key) => accessOfKey(key, byRole.get(key.role))),
    ...own.map(accessOfToken),
  ]
  return {
    access: [
      ...accessOfMaster(byRole.get(account.ownerRole), account.masterOnData),
      ...accessOfPublic(byRole.get(account.publicRole)),
      ...specific.slice(0, maxListed),
    ],
    unlisted: Math.max(0, specific.length - maxListed),
    tokensOfOthers: manager.level === 'owner' ? others.size : null,
  }
}

const always = { source: null, expiresAt: null, referers: [] } as const

function accessOfMaster(holder: TableHolder | undefined, isOnData: boolean): TableAccess[] {
  if (holder === undefined || !isOnData) return []
  const { verbs } = holder
  const apis = ['sql', 'maps', 'batch'] as const
  return [{ credential: { kind: 'master' }, by: 'everything', verbs, apis, ...always }]
}

function accessOfPublic(holder: TableHolder | undefined): TableAccess[] {
  if (holder === undefined) return []
  const apis = ['sql', 'maps'] as const
  return [{ credential: { kind: 'default' }, by: 'public', verbs: holder.verbs, apis, ...always }]
}

function accessOfKey(key: KeyOfRole, holder: TableHolder | undefined): TableAccess[] {
  if (holder === undefined) return []
  const { name, apis, expiresAt } = key
  return [
    {
      ...always,
      credential: { kind: 'key', name },
      by: holder.isOwner ? 'owner' : 'grant',
      verbs: holder.verbs,
      apis,
      expiresAt,
    },
  ]
}

function accessOfToken(reach: TokenReach): TableAccess {
  const { tokenId: id, tokenName: name, kind: by, source, apis, expiresAt, referers } = reach
  const credential = { kind: 'token', id, name } as const
  return { credential, by, source, verbs: ['select'], apis, expiresAt, referers }
}
