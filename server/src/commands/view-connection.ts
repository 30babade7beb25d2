import type { Account } from '../store/accounts.ts'
import type { Connection, RegisteredServer } from '../store/connections.ts'

/** A connection in the words of the v3 API. No secret, and nothing that was made from one. */
export type ConnectionView = {
  readonly id: string
  readonly name: string
  readonly provider_id: 'postgres'
  /** Empty for the account's own database: there is nothing to set. */
  readonly config: Partial<RegisteredServer>
  readonly user_id: string | null
  readonly account_id: string
  readonly created_at: string
  readonly updated_at: string
  readonly spatial_extension: string
  readonly privacy: 'shared'
  readonly carto_dw: false
  /** True for the account's own database. */
  readonly is_default: boolean
}

export function viewConnection(
  account: Pick<Account, 'id'>,
  connection: Connection,
): ConnectionView {
  const { server, facts, isDefault } = connection
  return {
    id: connection.id,
    name: connection.name,
    provider_id: 'postgres',
    config: server ?? {},
    user_id: connection.userId,
    account_id: account.id,
    created_at: connection.createdAt.toISOString(),
    updated_at: connection.updatedAt.toISOString(),
    spatial_extension: facts === null ? 'postgis' : `postgis ${facts.postgisVersion}`,
    privacy: 'shared',
    carto_dw: false,
    is_default: isDefault,
  }
}
