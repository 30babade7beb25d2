import type { Manager } from '../credential/manager.ts'
import { listConnections as listRows } from '../store/connections.ts'
import type { CommandContext } from './context.ts'
import { type ConnectionView, viewConnection } from './view-connection.ts'

/** All connections of the manager's account, its own database first. */
export async function listConnections(
  { store }: CommandContext,
  { accountId }: Pick<Manager, 'accountId'>,
): Promise<ConnectionView[]> {
  const connections = await listRows(store, accountId)
  return connections.map((connection) => viewConnection({ id: accountId }, connection))
}
