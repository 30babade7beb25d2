import {
  type ApiKeyType,
  holdsKey,
  type Principal,
  type PrincipalUser,
} from '../credential/principal.ts'
import type { ErrorCode } from '../errors.ts'
import { findScopeRefusal } from './user-levels.ts'

/** Which keys of an account somebody sees, and whose tokens. */
export type KeyReader = {
  readonly accountId: string
  /** The only key that is seen; undefined: every key of the account. */
  readonly ownKey:
    | { readonly id: string; readonly name: string; readonly type: ApiKeyType }
    | undefined
  readonly mayKnowToken: (type: ApiKeyType) => boolean
}

/**
 * With whose eyes a principal sees keys: the master key and users see all of the account's, any other
 * key itself. Users know the tokens of the keys that they may make; the master key's, an owner who has
 * just confirmed who they are. Undefined for what is no key and stands for no user.
 */
export function keyReaderOf(principal: Principal, now: Date): KeyReader | undefined {
  const { accountId, credentialId: id, credentialName: name, user } = principal
  if (user !== undefined) {
    return {
      accountId,
      ownKey: undefined,
      mayKnowToken: (type) => mayUserKnowToken(user, type, now),
    }
  }
  if (!holdsKey(principal)) return undefined
  const { kind: type } = principal
  const ownKey = type === 'master' ? undefined : { id, name, type }
  return { accountId, ownKey, mayKnowToken: () => true }
}

function mayUserKnowToken(user: PrincipalUser, type: ApiKeyType, now: Date): boolean {
  // The token of the default public key is a word that everybody knows.
  if (type === 'default') return true
  if (type === 'master') return findMasterKeyRefusal(user, now) === undefined
  return findScopeRefusal(user, 'write:api_keys') === undefined
}

/**
 * Why a user may neither see nor replace the master key's token; undefined: they may. What stands for
 * a user by OAuth is never confirmed.
 */
export function findMasterKeyRefusal(
  { level, scopes, confirmedUntilMs }: PrincipalUser,
  now: Date,
): { readonly reason: ErrorCode; readonly message?: string } | undefined {
  const refusal = findScopeRefusal({ level, scopes }, 'write:api_keys')
  if (refusal !== undefined) return refusal
  if (level !== 'owner') {
    return { reason: 'level_too_low', message: 'The master key is for owners only.' }
  }
  const isConfirmed = confirmedUntilMs !== undefined && now.getTime() < confirmedUntilMs
  return isConfirmed ? undefined : { reason: 'confirmation_needed' }
}
