import { createHash, createHmac, pbkdf2 } from 'node:crypto'
import { promisify } from 'node:util'
import type { RandomBytes } from './base62.ts'

const derive = promisify(pbkdf2)
const iterations = 4096

/**
 * What PostgreSQL stores for a password (RFC 5802, section 3; RFC 7677 for SHA-256). Given to
 * CREATE ROLE in place of the password, it keeps the clear text out of the server, its logs and
 * pg_stat_activity. `password` must be printable ASCII: other characters would need SASLprep.
 */
export async function scramVerifier(password: string, randomBytes: RandomBytes): Promise<string> {
  if (!/^[\x20-\x7e]+$/.test(password)) {
    throw new Error('The password of a role must be printable ASCII.')
  }
  const salt = Buffer.from(randomBytes(16))
  const saltedPassword = await derive(password, salt, iterations, 32, 'sha256')
  // StoredKey := H(HMAC(SaltedPassword, "Client Key")), ServerKey := HMAC(SaltedPassword, "Server Key")
  const clientKey = createHmac('sha256', saltedPassword).update('Client Key').digest()
  const storedKey = createHash('sha256').update(clientKey).digest('base64')
  const serverKey = createHmac('sha256', saltedPassword).update('Server Key').digest('base64')
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${serverKey}`
}
