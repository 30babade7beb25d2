import type { AccessTokenSecrets } from '../store/access-tokens.ts'
import type { AccessTokenRole } from '../store/token-roles.ts'
import type { RandomBytes } from '../token/base62.ts'
import { getRingKey, type KeyRing, tokenIndex } from '../token/key-ring.ts'
import { openSealed, seal } from '../token/seal.ts'

/** What the envelopes are bound to: moved to another token, role or column they do not open. */
const boundTo = {
  token: (id: string) => `access_token:${id}:token`,
  password: (role: string) => `access_token_role:${role}:password`,
}

/** Indexes an access token, to be found by, and seals it, to be shown again. */
export function sealAccessToken(
  { current }: KeyRing,
  id: string,
  token: string,
  randomBytes: RandomBytes,
): AccessTokenSecrets {
  return {
    secretKeyId: current.id,
    tokenIndex: tokenIndex(current, token),
    tokenEnvelope: seal(current, token, boundTo.token(id), randomBytes),
  }
}

/** An access token in clear, for its owner to copy; undefined for one that was shown once. */
export function openAccessToken(
  ring: KeyRing,
  id: string,
  secrets: Pick<AccessTokenSecrets, 'secretKeyId' | 'tokenEnvelope'>,
): string | undefined {
  if (!secrets.tokenEnvelope) return undefined
  return openSealed(getRingKey(ring, secrets.secretKeyId), secrets.tokenEnvelope, boundTo.token(id))
}

/** Seals the password of a role of an access token. */
export function sealTokenRolePassword(
  { current }: KeyRing,
  role: string,
  password: string,
  randomBytes: RandomBytes,
): Pick<AccessTokenRole, 'secretKeyId' | 'passwordEnvelope'> {
  return {
    secretKeyId: current.id,
    passwordEnvelope: seal(current, password, boundTo.password(role), randomBytes),
  }
}

/** The password of a role of an access token in clear: for a log-in, and for nothing else. */
export function openTokenRolePassword(
  ring: KeyRing,
  role: Pick<AccessTokenRole, 'role' | 'secretKeyId' | 'passwordEnvelope'>,
): string {
  return openSealed(
    getRingKey(ring, role.secretKeyId),
    role.passwordEnvelope,
    boundTo.password(role.role),
  )
}
