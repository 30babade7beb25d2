import type { Session } from '../../client/session.ts'
import type { ApiKey } from './api/list-api-keys.ts'

type Who = Pick<Session, 'scopes'> & { readonly user: Pick<Session['user'], 'level'> }

export function mayMakeKeys({ scopes }: Pick<Session, 'scopes'>): boolean {
  return scopes.includes('write:api_keys')
}

/** The token of the default public key is a word that stays. */
export function mayRegenerate(who: Who, type: ApiKey['type']): boolean {
  if (type === 'default' || !mayMakeKeys(who)) return false
  return type === 'regular' || who.user.level === 'owner'
}

/** The two keys that every account has stay. */
export function mayDelete(who: Who, type: ApiKey['type']): boolean {
  return type === 'regular' && mayMakeKeys(who)
}
