import { inTransaction, sqlstateOf, sqlstates, withRetries } from '../store/database.ts'
import { quoteIdentifier } from '../store/quote-identifier.ts'
import { actingFor } from './acting-for.ts'
import type { Admin } from './admin.ts'
import { endSessions } from './end-sessions.ts'
import { isRoleOf } from './role-name.ts'

const maxAttempts = 3

/**
 * Drops a role of this installation: no new log-in, then no session, then nothing that it owns or
 * holds, then no role. What it owns in a database goes to the heir there. It can be run again after
 * a crash at any point; a role that is gone is no error.
 * Throws when it owns something where there is no heir: nothing is lost, and it cannot log in.
 */
export async function dropRole(
  admin: Admin,
  role: string,
  findHeir: (database: string) => string | undefined,
): Promise<{ existed: boolean; sessionsEnded: number }> {
  if (!isRoleOf(admin.installationId, role)) {
    throw new Error(`Not a role of this installation: ${role}`)
  }
  try {
    await withRetries(() => admin.cluster.query(`alter role ${quoteIdentifier(role)} nologin`))
    const sessionsEnded = await endAllSessions(admin, role)
    for (let attempt = 1; ; attempt += 1) {
      for (const holding of await listHoldings(admin, role)) {
        await withRetries(() => clear(admin, role, holding, findHeir(holding.database)))
      }
      try {
        await withRetries(() => admin.cluster.query(`drop role ${quoteIdentifier(role)}`))
        return { existed: true, sessionsEnded }
      } catch (error) {
        // The owner granted it something in the meantime.
        if (sqlstateOf(error) !== dependentObjectsStillExist || attempt >= maxAttempts) throw error
      }
    }
  } catch (error) {
    // Somebody else was faster.
    if (sqlstateOf(error) === sqlstates.undefinedObject) return { existed: false, sessionsEnded: 0 }
    throw error
  }
}

/** A log-in that was under way when log-ins ended can still have become a session. */
async function endAllSessions(admin: Admin, role: string): Promise<number> {
  let total = 0
  for (;;) {
    const ended = await endSessions(admin, [role])
    if (ended === 0) return total
    total += ended
  }
}

const dependentObjectsStillExist = '2BP01'

type Holding = { readonly database: string; readonly owns: boolean }

/** The databases in which the role owns or holds something by its own name. */
async function listHoldings(admin: Admin, role: string): Promise<Holding[]> {
  const { rows } = await admin.cluster.query<Holding>(
    `select d.datname::text as database, bool_or(s.deptype = 'o') as owns
     from pg_shdepend s
     join pg_roles r on r.oid = s.refobjid
     join pg_database d on d.oid = s.dbid
     where s.refclassid = 'pg_authid'::regclass and r.rolname = $1
     group by d.datname order by d.datname`,
    [role],
  )
  return rows
}

async function clear(
  admin: Admin,
  role: string,
  { database, owns }: Holding,
  heir: string | undefined,
): Promise<void> {
  if (owns && heir === undefined) {
    throw new Error(
      `The role ${role} owns something in the database ${database}, and nobody can have it.`,
    )
  }
  const rights = heir === undefined ? [role] : [role, heir]
  await inTransaction(admin.on(database), (client) =>
    actingFor(admin, client, rights, async () => {
      const name = quoteIdentifier(role)
      if (heir !== undefined) {
        await client.query(`reassign owned by ${name} to ${quoteIdentifier(heir)}`)
      }
      await client.query(`drop owned by ${name}`)
    }),
  )
}
