import type { Principal } from '../credential/principal.ts'
import { AccessError } from '../errors.ts'
import { isAccessTokenStillIssued } from '../store/access-tokens.ts'
import { isStillIssued } from '../store/api-keys.ts'
import type { Queryable } from '../store/database.ts'
import { isStillGranted } from '../store/oauth-tokens.ts'
import { isStillSignedIn } from '../store/sign-ins.ts'

/**
 * To be called in the transaction that changes something: throws credential_revoked when the
 * credential that asks for it has ended since it was verified. Without this a request that was
 * already under way could act after the end of its credential was answered.
 */
export async function mustStillHold(transaction: Queryable, principal: Principal): Promise<void> {
  if (await holds(transaction, principal)) return
  throw new AccessError('credential_revoked')
}

function holds(
  transaction: Queryable,
  { credentialId, issuedAtMs, kind, user }: Principal,
): Promise<boolean> {
  if (user !== undefined) {
    return kind === 'oauth'
      ? isStillGranted(transaction, credentialId, user)
      : isStillSignedIn(transaction, credentialId, user)
  }
  return kind === 'token'
    ? isAccessTokenStillIssued(transaction, credentialId, issuedAtMs)
    : isStillIssued(transaction, credentialId, issuedAtMs)
}
