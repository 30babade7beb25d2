import { AccessError } from '../errors.ts'
import {
  type AccessToken,
  type AccessTokenSecrets,
  type AccessTokenState,
  findAccessToken,
} from '../store/access-tokens.ts'
import { tokenIndex } from '../token/key-ring.ts'
import { tokenKindOf } from '../token/token.ts'
import type { CommandContext } from './context.ts'
import type { ActingManager } from './operator.ts'

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/**
 * A token of this user, by the token itself or by its id. Throws access_token_not_found for one that
 * is absent or another's alike.
 */
export async function getOwnToken(
  { store, keyRing }: Pick<CommandContext, 'store' | 'keyRing'>,
  manager: Pick<ActingManager, 'accountId' | 'userId'>,
  tokenOrId: string,
  states: readonly AccessTokenState[] = ['active'],
): Promise<AccessToken & AccessTokenSecrets> {
  const by =
    tokenKindOf(tokenOrId) === 'access'
      ? { tokenIndexes: keyRing().keys.map((key) => tokenIndex(key, tokenOrId)) }
      : uuid.test(tokenOrId)
        ? { id: tokenOrId }
        : undefined
  const token = by === undefined ? undefined : await findAccessToken(store, manager, by, states)
  if (token === undefined) throw new AccessError('access_token_not_found')
  return token
}
