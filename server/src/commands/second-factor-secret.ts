import type { SecondFactorSecret } from '../store/second-factors.ts'
import type { RandomBytes } from '../token/base62.ts'
import { getRingKey, type KeyRing } from '../token/key-ring.ts'
import { openSealed, seal } from '../token/seal.ts'

/** What the envelope is bound to: moved to another user it does not open. */
const boundTo = (userId: string) => `second_factor:${userId}:secret`

/** Seals the secret of a user's second factor. */
export function sealSecondFactor(
  { current }: KeyRing,
  userId: string,
  secret: string,
  randomBytes: RandomBytes,
): SecondFactorSecret {
  return {
    secretKeyId: current.id,
    secretEnvelope: seal(current, secret, boundTo(userId), randomBytes),
  }
}

/** The secret of a user's second factor in clear: to verify a code, and for nothing else. */
export function openSecondFactor(
  ring: KeyRing,
  userId: string,
  { secretKeyId, secretEnvelope }: SecondFactorSecret,
): string {
  return openSealed(getRingKey(ring, secretKeyId), secretEnvelope, boundTo(userId))
}
