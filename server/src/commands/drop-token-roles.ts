import { AccessError } from '../errors.ts'
import { dropRole } from '../roles/drop-role.ts'
import type { Account } from '../store/accounts.ts'
import { listConnections } from '../store/connections.ts'
import type { AccessTokenRole } from '../store/token-roles.ts'
import { getConnectionPlace } from './connection-place.ts'
import type { CommandContext } from './context.ts'

/**
 * Ends LOGIN roles of access tokens: when it resolves nobody can log in as one, no session of one
 * lives, and they are gone. It can be run again after a crash. Returns how many sessions it ended.
 * A registered server that cannot be reached keeps roles whose passwords are known to nobody, until
 * the doctor finds them.
 */
export async function dropTokenRoles(
  context: Pick<CommandContext, 'admin' | 'servers' | 'store' | 'observe'>,
  account: Account,
  roles: readonly Pick<AccessTokenRole, 'role' | 'connectionId'>[],
): Promise<number> {
  if (roles.length === 0) return 0
  const connections = await listConnections(context.store, account.id)
  let sessionsEnded = 0
  for (const { role, connectionId } of roles) {
    const connection = connections.find(({ id }) => id === connectionId)
    if (connection === undefined) throw new Error(`The role ${role} is on no known connection.`)
    const place = await getConnectionPlace(context, account, connection).catch((error: unknown) => {
      if (!isAway(error)) throw error
      context.observe({ event: 'warehouse_unreachable', cause: error })
      return undefined
    })
    if (place === undefined) continue
    // It only ever reads: there is nothing that it could own.
    const dropped = await dropRole(place.admin, role, () => undefined)
    sessionsEnded += dropped.sessionsEnded
  }
  return sessionsEnded
}

function isAway(error: unknown): boolean {
  return (
    error instanceof AccessError && ['server_unreachable', 'server_refused'].includes(error.code)
  )
}
