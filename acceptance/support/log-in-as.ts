import { randomBytes } from 'node:crypto'
import pg from 'pg'
import type { Postern } from './postern.ts'
import { openSuperuser } from './superuser.ts'

/**
 * Logs in to PostgreSQL as one of Postern's roles, with no gateway in between. The superuser gives the
 * role a password first; Postern will set it back when it next needs to log in itself.
 * Throws what PostgreSQL says when it does not let the role in.
 */
export async function logInAs(
  postern: Pick<Postern, 'dataDir'>,
  role: string,
  database: string,
): Promise<pg.Client> {
  const superuser = await openSuperuser(postern)
  const password = randomBytes(16).toString('hex')
  try {
    await superuser.query(`alter role ${pg.escapeIdentifier(role)} password '${password}'`)
    const { host, port } = superuser
    const client = new pg.Client({ host, port, user: role, password, database })
    client.on('error', () => {})
    await client.connect()
    return client
  } finally {
    await superuser.end()
  }
}
