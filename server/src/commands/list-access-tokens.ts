import { listAccessTokens as listAccessTokenRows } from '../store/access-tokens.ts'
import type { CommandContext } from './context.ts'
import { getOwnToken } from './get-own-token.ts'
import type { ActingManager } from './operator.ts'
import { type AccessTokenView, viewAccessTokens } from './view-access-tokens.ts'

type ReadContext = Pick<CommandContext, 'store' | 'keyRing'>

/** One page of the manager's own tokens, the newest first, and how many there are in all. */
export async function listAccessTokens(
  context: ReadContext,
  manager: ActingManager,
  page: { readonly limit: number; readonly offset: number },
): Promise<{ total: number; tokens: AccessTokenView[] }> {
  const { total, tokens } = await listAccessTokenRows(context.store, manager, page)
  return { total, tokens: await viewAccessTokens(context, tokens) }
}

/** One of the manager's own tokens. Throws access_token_not_found. */
export async function getAccessToken(
  context: ReadContext,
  manager: ActingManager,
  tokenOrId: string,
): Promise<AccessTokenView> {
  const [view] = await viewAccessTokens(context, [await getOwnToken(context, manager, tokenOrId)])
  if (view === undefined) throw new Error('A token that was found cannot be shown.')
  return view
}
