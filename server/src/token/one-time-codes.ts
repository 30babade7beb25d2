import { Secret, TOTP } from 'otpauth'
import type { RandomBytes } from './base62.ts'

/** What every authenticator app understands: RFC 6238 with SHA-1, six digits, 30 seconds. */
const profile = { algorithm: 'SHA1', digits: 6, period: 30 } as const

/** As long as the hash, as RFC 4226 has it. */
const secretBytes = 20

/** A new secret of a second factor, in Base32, as apps take it. */
export function newOneTimeSecret(randomBytes: RandomBytes): string {
  return new Secret({ buffer: Uint8Array.from(randomBytes(secretBytes)).buffer }).base32
}

/** The address that an authenticator app reads from a QR code. `issuer` and `label` are what it shows. */
export function oneTimeAddress(
  secret: string,
  { issuer, label }: { readonly issuer: string; readonly label: string },
): string {
  return new TOTP({ ...profile, secret, issuer, label }).toString()
}

/**
 * The time step that a code belongs to: the present one, the one before or the one after it, because
 * clocks differ. Undefined when it is the code of none of them.
 */
export function findOneTimeStep(secret: string, code: string, now: Date): number | undefined {
  if (!/^\d{6}$/.test(code)) return undefined
  const timestamp = now.getTime()
  const of = { ...profile, secret: Secret.fromBase32(secret), timestamp }
  const delta = TOTP.validate({ ...of, token: code, window: 1 })
  return delta === null ? undefined : TOTP.counter({ ...profile, timestamp }) + delta
}
