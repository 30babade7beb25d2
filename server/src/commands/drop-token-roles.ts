import { dropRole } from '../roles/drop-role.ts'
import type { AccessTokenRole } from '../store/access-tokens.ts'
import type { Account } from '../store/accounts.ts'
import { listConnections } from '../store/connections.ts'
import type { CommandContext } from './context.ts'
import { getTokenPlace } from './token-place.ts'

/**
 * Ends LOGIN roles of access tokens: when it resolves nobody can log in as one, no session of one
 * lives, and they are gone. It can be run again after a crash. Returns how many sessions it ended.
 */
export async function dropTokenRoles(
  context: Pick<CommandContext, 'admin' | 'store'>,
  account: Account,
  roles: readonly Pick<AccessTokenRole, 'role' | 'connectionId'>[],
): Promise<number> {
  if (roles.length === 0) return 0
  const connections = await listConnections(context.store, account.id)
  let sessionsEnded = 0
  for (const { role, connectionId } of roles) {
    const connection = connections.find(({ id }) => id === connectionId)
    if (connection === undefined) throw new Error(`The role ${role} is on no known connection.`)
    const { admin } = await getTokenPlace(context, account, connection)
    // It only ever reads: there is nothing that it could own.
    const dropped = await dropRole(admin, role, () => undefined)
    sessionsEnded += dropped.sessionsEnded
  }
  return sessionsEnded
}
