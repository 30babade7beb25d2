import { randomBytes } from 'node:crypto'
import { inject } from 'vitest'
import { ensureControlDatabase } from '../src/store/control-database.ts'
import { type Database, type DatabaseAddress, openDatabase } from '../src/store/database.ts'
import { migrate } from '../src/store/migrate.ts'
import { quoteIdentifier } from '../src/store/quote-identifier.ts'

/** An empty, migrated control database for one test file. */
export type TestControlDatabase = {
  readonly store: Database
  readonly address: DatabaseAddress
  close(): Promise<void>
}

export async function createControlDatabase(): Promise<TestControlDatabase> {
  const { address, drop } = await createEmptyControlDatabase()
  const store = openTestDatabase(address)
  await migrate(store)
  return {
    store,
    address,
    async close() {
      await store.end()
      await drop()
    },
  }
}

/** A control database that no migration has seen yet. */
export async function createEmptyControlDatabase(): Promise<{
  readonly address: DatabaseAddress
  drop(): Promise<void>
}> {
  const superuser = { ...inject('cluster'), database: 'postgres' }
  const database = `control_test_${randomBytes(6).toString('hex')}`
  await ensureControlDatabase(superuser, database)
  return {
    address: { ...superuser, database },
    async drop() {
      const maintenance = openTestDatabase(superuser)
      await maintenance.query(`drop database ${quoteIdentifier(database)} with (force)`)
      await maintenance.end()
    },
  }
}

export function openTestDatabase(address: DatabaseAddress): Database {
  return openDatabase(address, { max: 10, applicationName: 'test', onIdleError: () => {} })
}
