import type { Manager } from '../credential/manager.ts'
import { AccessError } from '../errors.ts'
import { isStorableText } from '../policy/storable-text.ts'
import { type Connection, findConnection } from '../store/connections.ts'
import type { CommandContext } from './context.ts'
import { type ConnectionView, viewConnection } from './view-connection.ts'

/** A connection of the manager's account, by its name or id. Throws connection_not_found. */
export async function getConnection(
  context: CommandContext,
  manager: Pick<Manager, 'accountId'>,
  nameOrId: string,
): Promise<ConnectionView> {
  const connection = await getConnectionOf(context, manager, nameOrId)
  return viewConnection({ id: manager.accountId }, connection)
}

/** The same as it is kept. */
export async function getConnectionOf(
  { store }: Pick<CommandContext, 'store'>,
  { accountId }: Pick<Manager, 'accountId'>,
  nameOrId: string,
): Promise<Connection> {
  const connection = isStorableText(nameOrId)
    ? await findConnection(store, accountId, nameOrId)
    : undefined
  if (connection === undefined) throw new AccessError('connection_not_found')
  return connection
}
