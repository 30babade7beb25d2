import { randomBytes } from 'node:crypto'
import type { RegisteredServer } from '../store/connections.ts'
import { openDatabase } from '../store/database.ts'
import { quoteIdentifier, quoteLiteral } from '../store/quote-identifier.ts'
import { scramVerifier } from '../token/scram-verifier.ts'
import type { Admin } from './admin.ts'
import type { Finding } from './finding.ts'
import { newRoleName, prefixOf } from './role-name.ts'
import type { ServerPlace } from './server-address.ts'

/** A role that a crash leaves behind can log in for so long. */
const lifetimeMs = 60_000

/**
 * Makes a role on a server as each credential will be one, logs in as it, and takes it away again:
 * what the catalogue says about log-ins is not all that decides them.
 */
export async function tryLogIn(
  admin: Admin,
  place: ServerPlace,
  server: RegisteredServer,
): Promise<Finding[]> {
  const role = newRoleName(admin.installationId, randomBytes)
  const password = randomBytes(32).toString('base64url')
  const name = quoteIdentifier(role)
  const database = quoteIdentifier(server.database)
  const { cluster } = admin
  const until = new Date(Date.now() + lifetimeMs).toISOString()
  await cluster.query(
    `create role ${name} login connection limit 1 valid until ${quoteLiteral(until)}
     password ${quoteLiteral(await scramVerifier(password, randomBytes))}`,
  )
  try {
    await cluster.query(`grant connect on database ${database} to ${name}`)
    return await logIn({ ...place, user: role, password, database: server.database })
  } finally {
    await cluster.query(`revoke connect on database ${database} from ${name}`)
    await cluster.query(`drop role ${name}`)
  }

  async function logIn(address: Parameters<typeof openDatabase>[0]): Promise<Finding[]> {
    const pool = openDatabase(address, {
      max: 1,
      applicationName: 'postern',
      onIdleError: () => {},
    })
    try {
      await pool.query('select 1')
      return []
    } catch {
      return [
        {
          severity: 'problem',
          subject: `database ${server.database}`,
          sentence:
            'A new role could not log in with its password. What pg_hba.conf lets in has to include the roles that Postern makes.',
          remedy: `A line in pg_hba.conf: host "${server.database}" "/^${prefixOf(admin.installationId)}" samenet scram-sha-256 (before PostgreSQL 16: all in the place of the name)`,
        },
      ]
    } finally {
      await pool.end()
    }
  }
}
