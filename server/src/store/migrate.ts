import { readdir, readFile } from 'node:fs/promises'
import pg from 'pg'
import { type Database, inTransaction, sqlstateOf, sqlstates } from './database.ts'

const migrationsDirectory = new URL('../../migrations/', import.meta.url)

/**
 * Brings the control database up to date with the files of `directory`. Forward only; each file
 * runs in its own transaction and is recorded in it. A database that is ahead of this server (a
 * newer server was here) is refused.
 */
export async function migrate(store: Database, directory = migrationsDirectory): Promise<void> {
  await createMigrationTable(store)
  const files = (await readdir(directory)).filter((name) => /^\d{6}\.sql$/.test(name)).sort()
  const newest = Number.parseInt(files.at(-1) ?? '0', 10)
  const applied = await findNewestMigration(store)
  if (applied > newest) {
    throw new Error(
      `The control database is at migration ${applied}, and this server knows only ${newest}. Start the newer server, or restore an older backup.`,
    )
  }
  for (const file of files) {
    const number = Number.parseInt(file, 10)
    if (number <= applied) continue
    await applyMigration(store, number, await readFile(new URL(file, directory), 'utf8'))
  }
}

async function applyMigration(store: Database, number: number, text: string): Promise<void> {
  try {
    await inTransaction(store, async (client) => {
      // Must come first: two servers that start together meet here, and one of them waits.
      await client.query('insert into migration (number) values ($1)', [number])
      await client.query(text)
    })
  } catch (error) {
    // The other server did it.
    if (error instanceof pg.DatabaseError && error.constraint === 'migration_pkey') return
    throw error
  }
}

async function createMigrationTable(store: Database): Promise<void> {
  try {
    await store.query(`
      create table if not exists migration (
        number integer primary key,
        applied_at timestamptz not null default now()
      )`)
  } catch (error) {
    // "if not exists" is not atomic: two servers that start together can both try, and the second
    // is told of the row in the catalogue, of the table's type or of the table.
    const { uniqueViolation, duplicateObject, duplicateTable } = sqlstates
    const meansThere: readonly unknown[] = [uniqueViolation, duplicateObject, duplicateTable]
    if (!meansThere.includes(sqlstateOf(error))) throw error
  }
}

async function findNewestMigration(store: Database): Promise<number> {
  const { rows } = await store.query<{ number: number | null }>(
    'select max(number) as number from migration',
  )
  return rows[0]?.number ?? 0
}
