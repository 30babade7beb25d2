import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import type { Postern } from './postern.ts'

/** What `DATABASE_URL` says for the superuser of the embedded PostgreSQL. */
export async function superuserUrl(
  { dataDir }: Pick<Postern, 'dataDir'>,
  database = 'postgres',
): Promise<string> {
  const { port } = JSON.parse(await readFile(join(dataDir, 'cluster.json'), 'utf8')) as {
    port: number
  }
  const password = (await readFile(join(dataDir, 'postgres-password'), 'utf8')).trim()
  return `postgres://postern_admin:${password}@127.0.0.1:${port}/${database}`
}

/** Logs in to the embedded PostgreSQL past Postern, as its superuser: to look, and to interfere. */
export async function openSuperuser(
  postern: Pick<Postern, 'dataDir'>,
  database = 'postgres',
): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: await superuserUrl(postern, database) })
  // A cluster that is killed under it must not end the test run.
  client.on('error', () => {})
  await client.connect()
  return client
}

/** How many sessions are logged in as this role at this moment. */
export async function countSessions(superuser: pg.Client, role: string): Promise<number> {
  const { rows } = await superuser.query<{ count: number }>(
    'select count(*)::integer as count from pg_stat_activity where usename = $1',
    [role],
  )
  return rows[0]?.count ?? 0
}
