import { expect } from 'vitest'
import type { Database } from '../src/store/database.ts'
import { until } from './until.ts'

/** Resolves when so many sessions of this database wait for what another transaction holds. */
export async function untilLocksAreAwaited(database: Database, count: number): Promise<void> {
  await until(async () => {
    const { rowCount } = await database.query(
      `select from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock'`,
    )
    expect(rowCount).toBe(count)
  })
}
