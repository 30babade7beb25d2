import { principalOf, tokenPrincipalOf } from '../credential/authenticate.ts'
import type { Manager, Scope } from '../credential/manager.ts'
import type { Principal } from '../credential/principal.ts'
import {
  type AccessToken,
  findAccessToken,
  findVerifiableAccessToken,
} from '../store/access-tokens.ts'
import {
  findApiKeyByTokenIndex,
  findDefaultApiKey,
  findVerifiableApiKeyByName,
} from '../store/api-keys.ts'
import { tokenIndex } from '../token/key-ring.ts'
import { tokenKindOf } from '../token/token.ts'
import type { CommandContext } from './context.ts'
import { getOwnToken } from './get-own-token.ts'
import { apiKeyNotFound } from './list-api-keys.ts'

/** How a manager says which credential they ask about. */
export type AskedCredential =
  | { readonly kind: 'api_key'; readonly name: string }
  | { readonly kind: 'access_token'; readonly id: string }
  /** The credential itself, as somebody was given it. */
  | { readonly kind: 'text'; readonly token: string }

type ReadContext = Pick<CommandContext, 'store' | 'keyRing'>
type Asker = Pick<Manager, 'accountId' | 'accountName' | 'userId'>

/** What a manager has to be allowed: whoever may look at a credential may ask what it opens. */
export function scopeToAskAbout(asked: AskedCredential): Scope {
  const isToken =
    asked.kind === 'access_token' ||
    (asked.kind === 'text' && tokenKindOf(asked.token) === 'access')
  return isToken ? 'read:tokens' : 'read:api_keys'
}

/**
 * The principal that a credential of the manager's account stands for; of an access token only their
 * own. Undefined for a text that is no such credential, whatever else it may be. Throws
 * api_key_not_found and access_token_not_found for names and ids of none.
 */
export async function findAskedPrincipal(
  context: ReadContext,
  manager: Asker,
  asked: AskedCredential,
): Promise<Principal | undefined> {
  switch (asked.kind) {
    case 'api_key': {
      const key = await findVerifiableApiKeyByName(context.store, manager.accountId, asked.name)
      if (key === undefined) throw apiKeyNotFound(asked.name)
      return principalOf(key)
    }
    case 'access_token':
      return principalOfToken(context, await getOwnToken(context, manager, asked.id))
    case 'text':
      return findByText(context, manager, asked.token)
  }
}

async function findByText(
  context: ReadContext,
  manager: Asker,
  text: string,
): Promise<Principal | undefined> {
  const { store, keyRing } = context
  const indexes = () => keyRing().keys.map((key) => tokenIndex(key, text))
  switch (tokenKindOf(text)) {
    case 'default': {
      const key = await findDefaultApiKey(store, manager.accountName)
      return key && principalOf(key)
    }
    case 'master':
    case 'regular': {
      const key = await findApiKeyByTokenIndex(store, indexes())
      return key?.accountId === manager.accountId ? principalOf(key) : undefined
    }
    case 'access': {
      const token = await findAccessToken(store, manager, { tokenIndexes: indexes() })
      return token && principalOfToken(context, token)
    }
    default:
      return undefined
  }
}

async function principalOfToken(
  { store }: ReadContext,
  { id }: AccessToken,
): Promise<Principal | undefined> {
  const token = await findVerifiableAccessToken(store, id)
  return token && tokenPrincipalOf(token)
}
