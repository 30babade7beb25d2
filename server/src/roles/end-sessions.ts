import { inTransaction } from '../store/database.ts'
import { actingFor } from './acting-for.ts'
import type { Admin } from './admin.ts'

const deadlineMs = 15_000

/**
 * Ends the database sessions that are logged in as one of these roles now, and resolves when they
 * are gone, with how many there were. Sessions that begin later are not touched: a role may live on
 * with a new token. With `applicationName` only those that go by this name.
 * Throws when one is still there after 15 seconds.
 */
export async function endSessions(
  admin: Admin,
  roles: readonly string[],
  {
    sleep = (ms: number) => new Promise<void>((done) => setTimeout(done, ms)),
    applicationName = null as string | null,
  } = {},
): Promise<number> {
  const found = await listSessions(admin, roles, applicationName)
  let left = found
  for (let waitedMs = 0, pauseMs = 1; left.length > 0; waitedMs += pauseMs) {
    if (waitedMs >= deadlineMs) {
      throw new Error(`${left.length} database sessions did not end when they were told to.`)
    }
    await terminate(admin, left)
    pauseMs = Math.min(pauseMs * 2, 50)
    await sleep(pauseMs)
    const alive = await listSessions(admin, roles, applicationName)
    left = left.filter(({ pid }) => alive.some((session) => session.pid === pid))
  }
  return found.length
}

type Session = { readonly pid: number; readonly role: string }

async function listSessions(
  admin: Admin,
  roles: readonly string[],
  applicationName: string | null,
): Promise<Session[]> {
  const { rows } = await admin.cluster.query<Session>(
    `select pid, usename::text as role
     from pg_catalog.pg_stat_activity
     where usename = any ($1::name[]) and ($2::text is null or application_name = $2)`,
    [roles, applicationName],
  )
  return rows
}

async function terminate(admin: Admin, sessions: readonly Session[]): Promise<void> {
  const roles = sessions.map((session) => session.role)
  await inTransaction(admin.cluster, (client) =>
    actingFor(admin, client, roles, () =>
      // Looked up again, because by now another session can have the number.
      client.query(
        `select pg_catalog.pg_terminate_backend(pid)
         from pg_catalog.pg_stat_activity
         where pid = any ($1::integer[]) and usename = any ($2::name[])`,
        [sessions.map((session) => session.pid), roles],
      ),
    ),
  )
}
