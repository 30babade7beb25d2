import { dropRole } from '../roles/drop-role.ts'
import type { CommandContext } from './context.ts'

/**
 * Logs in to a registered server for the last time, and answers with what drops roles on it. A server
 * that cannot be reached keeps them: their passwords are known to nobody by then.
 */
export async function prepareDropOnServer(
  { servers, observe }: Pick<CommandContext, 'servers' | 'observe'>,
  connectionId: string,
): Promise<(roles: readonly string[]) => Promise<void>> {
  const unreachable = (cause: unknown) => observe({ event: 'warehouse_unreachable', cause })
  const admin = await servers.adminOf(connectionId).catch((cause: unknown) => {
    unreachable(cause)
    return undefined
  })
  return async (roles) => {
    if (admin !== undefined) {
      // They only ever read: there is nothing that they could own.
      for (const role of roles) await dropRole(admin, role, () => undefined).catch(unreachable)
    }
    servers.forget(connectionId)
  }
}
