import type { ConnectionSecret } from '../store/connections.ts'
import type { RandomBytes } from '../token/base62.ts'
import { getRingKey, type KeyRing } from '../token/key-ring.ts'
import { openSealed, seal } from '../token/seal.ts'

/** An envelope that is moved to another connection does not open. */
const boundTo = (connectionId: string) => `connection:${connectionId}:password`

/** Seals the password of the role that a server was registered with. */
export function sealConnectionPassword(
  ring: KeyRing,
  connectionId: string,
  password: string,
  randomBytes: RandomBytes,
): ConnectionSecret {
  const key = ring.current
  return {
    secretKeyId: key.id,
    passwordEnvelope: seal(key, password, boundTo(connectionId), randomBytes),
  }
}

/** The password in clear: for a log-in, and for nothing else. */
export function openConnectionPassword(
  ring: KeyRing,
  connectionId: string,
  secret: ConnectionSecret,
): string {
  return openSealed(
    getRingKey(ring, secret.secretKeyId),
    secret.passwordEnvelope,
    boundTo(connectionId),
  )
}
