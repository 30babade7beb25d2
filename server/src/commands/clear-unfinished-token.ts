import { deleteAccessTokenRow } from '../store/access-tokens.ts'
import type { Account } from '../store/accounts.ts'
import { listAccessTokenRoles } from '../store/token-roles.ts'
import type { CommandContext } from './context.ts'
import { dropTokenRoles } from './drop-token-roles.ts'

/**
 * Takes away the roles and the row of a token that was never usable. Never throws: what cannot be
 * cleared away now, the reconciler clears later.
 */
export async function clearUnfinishedToken(
  context: CommandContext,
  account: Account,
  tokenId: string,
): Promise<void> {
  const { store } = context
  await listAccessTokenRoles(store, tokenId)
    .then((roles) => dropTokenRoles(context, account, roles))
    .then(() => deleteAccessTokenRow(store, tokenId))
    .catch(() => {})
}
