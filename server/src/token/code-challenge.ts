import { createHash, timingSafeEqual } from 'node:crypto'

/**
 * Whether a verifier is the one that the challenge was made of: RFC 7636, section 4.6, with S256 and
 * nothing else.
 */
export function answersChallenge(codeVerifier: string, codeChallenge: string): boolean {
  if (!/^[A-Za-z0-9._~-]{43,128}$/.test(codeVerifier)) return false
  const made = Buffer.from(createHash('sha256').update(codeVerifier).digest('base64url'))
  const given = Buffer.from(codeChallenge)
  return made.length === given.length && timingSafeEqual(made, given)
}
