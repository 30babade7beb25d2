import { AccessError } from '../errors.ts'
import type { Receipt } from '../revocation/revoke.ts'
import { dropAccountDatabase } from '../roles/account-database.ts'
import {
  deleteAccountRow,
  findActiveAccount,
  listAccounts,
  updateAccountState,
} from '../store/accounts.ts'
import { listAllApiKeys } from '../store/api-keys.ts'
import { isRegistered, listConnections, listRolesOn } from '../store/connections.ts'
import { withRetries } from '../store/database.ts'
import { handOverGroupRoles, listGroupRoles } from '../store/group-roles.ts'
import { recordAudit } from '../store/record-audit.ts'
import { listTokenRolesOfAccount } from '../store/token-roles.ts'
import type { CommandContext } from './context.ts'
import { prepareDropOnServer } from './drop-roles-on-server.ts'

/**
 * Deletes an account with its data, its keys and its roles. When it resolves, none of its
 * credentials works anywhere and no session of its roles lives.
 * Throws account_not_found.
 */
export async function deleteAccount(
  context: CommandContext,
  name: string,
  by: 'operator' | 'system' = 'operator',
): Promise<Receipt> {
  const { store, admin, revoker } = context
  const account =
    (await findActiveAccount(store, name)) ??
    // A deletion that did not get to its end is taken up again.
    (await listAccounts(store, ['deleting'])).find((candidate) => candidate.name === name)
  if (account === undefined) {
    throw new AccessError('account_not_found', { message: `There is no account called '${name}'.` })
  }
  const receipt = await revoker.revoke(
    { kind: 'account', accountId: account.id, credentialId: null, roles: [] },
    async (transaction) => {
      await updateAccountState(transaction, account.id, 'deleting')
      await recordAudit(transaction, {
        actor: { kind: by, accountId: account.id },
        action: 'account.delete',
        target: account,
      })
      return true
    },
  )
  if (receipt === undefined) throw new Error('An account was revoked without a receipt.')
  const keys = await listAllApiKeys(store, account.id)
  // Other group roles are found by what they hold.
  const lasting = (await listGroupRoles(store, account.id)).filter(({ kind }) =>
    ['service', 'connect', 'pattern'].includes(kind),
  )
  const tokenRoles = await listTokenRolesOfAccount(store, account.id)
  for (const connection of (await listConnections(store, account.id)).filter(isRegistered)) {
    const drop = await prepareDropOnServer(context, connection.id)
    await handOverGroupRoles(store, connection.id)
    await drop(await listRolesOn(store, connection.id))
  }
  await dropAccountDatabase(admin, {
    database: account.database,
    roles: [
      ...[...keys, ...lasting, ...tokenRoles].map(({ role }) => role),
      account.ownerRole,
      account.publicRole,
    ],
  })
  // Its keys' rows go with it, in an order of PostgreSQL's own.
  await withRetries(() => deleteAccountRow(store, account.id))
  context.observe({ event: 'account_deleted', account: name })
  return receipt
}
