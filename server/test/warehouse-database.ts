import { randomBytes } from 'node:crypto'
import { inject } from 'vitest'
import type { Database } from '../src/store/database.ts'
import { quoteIdentifier } from '../src/store/quote-identifier.ts'
import { openSession, type Session, type SessionAddress } from '../src/warehouse/session.ts'
import { openTestDatabase } from './control-database.ts'

/**
 * A plain database for one test file, with none of the hardening of a real account's: what a test
 * finds contained was contained by the code under test, and by nothing else.
 */
export type TestWarehouse = {
  /** The superuser's own way in, around the code under test. */
  readonly superuser: Database
  /** Makes a LOGIN role; `attributes` such as `superuser` or `connection limit 1`. */
  createRole(attributes?: string): Promise<string>
  addressOf(role: string): SessionAddress
  /** Logs in as a role, with anything about it changed. */
  open(role: string, changes?: OpenChanges): Promise<Session>
  /** Ends the sessions that were opened so far. */
  endSessions(): void
  /** How many backends of this role there are. */
  countBackends(role: string): Promise<number>
  close(): Promise<void>
}

export type OpenChanges = Partial<SessionAddress> & Partial<Parameters<typeof openSession>[1]>

/** Every role's. */
export const rolePassword = 'a-password-of-a-test'

export async function createTestWarehouse(): Promise<TestWarehouse> {
  const cluster = inject('cluster')
  const database = `warehouse_test_${randomBytes(6).toString('hex')}`
  const maintenance = openTestDatabase({ ...cluster, database: 'postgres' })
  await maintenance.query(`create database ${quoteIdentifier(database)} template template0`)
  const superuser = openTestDatabase({ ...cluster, database })
  const roles: string[] = []
  const sessions: Session[] = []
  const addressOf = (role: string) => ({
    ...cluster,
    ssl: false,
    database,
    role,
    password: rolePassword,
  })
  return {
    superuser,
    async createRole(attributes = '') {
      const role = `role_${randomBytes(6).toString('hex')}`
      await superuser.query(
        `create role ${quoteIdentifier(role)} login password '${rolePassword}' ${attributes}`,
      )
      roles.push(role)
      return role
    },
    addressOf,
    async open(role, changes = {}) {
      const session = await openSession(
        { ...addressOf(role), ...changes },
        {
          statementTimeoutMs: 60_000,
          connectTimeoutMs: 60_000,
          keepsState: false,
          readsOnly: false,
          lost: () => {},
          ...changes,
        },
      )
      sessions.push(session)
      return session
    },
    endSessions() {
      for (const session of sessions.splice(0)) session.destroy()
    },
    async countBackends(role) {
      const { rows } = await superuser.query<{ count: number }>(
        'select count(*)::int as count from pg_stat_activity where usename = $1',
        [role],
      )
      return rows[0]?.count ?? 0
    },
    async close() {
      await superuser.end()
      await maintenance.query(`drop database ${quoteIdentifier(database)} with (force)`)
      for (const role of roles) await maintenance.query(`drop role ${quoteIdentifier(role)}`)
      await maintenance.end()
    },
  }
}
