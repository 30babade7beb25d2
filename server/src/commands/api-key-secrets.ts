import type { ApiKeySecrets } from '../store/api-keys.ts'
import type { RandomBytes } from '../token/base62.ts'
import { getRingKey, type KeyRing, tokenIndex } from '../token/key-ring.ts'
import { openSealed, seal } from '../token/seal.ts'

/** What the envelopes of one key are bound to: moved to another key or column they do not open. */
const boundTo = {
  token: (apiKeyId: string) => `api_key:${apiKeyId}:token`,
  password: (apiKeyId: string) => `api_key:${apiKeyId}:password`,
}

/** Indexes and seals a key's token and role password. `token` is undefined for the default key. */
export function sealApiKeySecrets(
  ring: KeyRing,
  apiKeyId: string,
  clear: { readonly token: string | undefined; readonly password: string },
  randomBytes: RandomBytes,
): ApiKeySecrets {
  const key = ring.current
  const { token, password } = clear
  return {
    secretKeyId: key.id,
    tokenIndex: token === undefined ? undefined : tokenIndex(key, token),
    tokenEnvelope:
      token === undefined ? undefined : seal(key, token, boundTo.token(apiKeyId), randomBytes),
    passwordEnvelope: seal(key, password, boundTo.password(apiKeyId), randomBytes),
  }
}

/** The token in clear; undefined for the default key, and for one that was shown once. */
export function openToken(
  ring: KeyRing,
  apiKeyId: string,
  secrets: Pick<ApiKeySecrets, 'secretKeyId' | 'tokenEnvelope'>,
): string | undefined {
  if (!secrets.tokenEnvelope) return undefined
  return openSealed(
    getRingKey(ring, secrets.secretKeyId),
    secrets.tokenEnvelope,
    boundTo.token(apiKeyId),
  )
}

/** The role password in clear: for a log-in, and for nothing else. */
export function openPassword(
  ring: KeyRing,
  apiKeyId: string,
  secrets: Pick<ApiKeySecrets, 'secretKeyId' | 'passwordEnvelope'>,
): string {
  return openSealed(
    getRingKey(ring, secrets.secretKeyId),
    secrets.passwordEnvelope,
    boundTo.password(apiKeyId),
  )
}

/** A password for a role: 32 random bytes, known to nobody. */
export function newRolePassword(randomBytes: RandomBytes): string {
  return Buffer.from(randomBytes(32)).toString('base64url')
}
