import { inTransaction } from '../store/database.ts'
import { actingFor } from './acting-for.ts'
import type { Admin } from './admin.ts'

const deadlineMs = 15_000

/**
 * Ends every database session that logged in as one of these roles, and resolves when none is left,
 * with how many there were. Whether new ones may come is for the caller to see to first.
 * Throws when a session is still there after 15 seconds.
 */
export async function endSessions(
  admin: Admin,
  roles: readonly string[],
  sleep: (ms: number) => Promise<void> = (ms) => new Promise((done) => setTimeout(done, ms)),
): Promise<number> {
  const seen = new Set<number>()
  for (let waitedMs = 0, pauseMs = 1; ; waitedMs += pauseMs) {
    const sessions = await listSessions(admin, roles)
    if (sessions.length === 0) return seen.size
    if (waitedMs >= deadlineMs) {
      throw new Error(`${sessions.length} database sessions did not end when they were told to.`)
    }
    for (const session of sessions) seen.add(session.pid)
    await terminate(admin, sessions)
    pauseMs = Math.min(pauseMs * 2, 50)
    await sleep(pauseMs)
  }
}

type Session = { readonly pid: number; readonly role: string }

async function listSessions(admin: Admin, roles: readonly string[]): Promise<Session[]> {
  const { rows } = await admin.cluster.query<Session>(
    `select pid, usename::text as role
     from pg_catalog.pg_stat_activity where usename = any ($1::name[])`,
    [roles],
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
         from pg_catalog.pg_stat_activity where pid = any ($1::integer[]) and usename = any ($2::name[])`,
        [sessions.map((session) => session.pid), roles],
      ),
    ),
  )
}
