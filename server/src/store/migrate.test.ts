import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createEmptyControlDatabase, openTestDatabase } from '../../test/control-database.ts'
import { dumpSchema } from '../../test/dump-schema.ts'
import type { Database, DatabaseAddress } from './database.ts'
import { migrate } from './migrate.ts'

let address: DatabaseAddress
let drop: () => Promise<void>
let store: Database
let directory: URL

beforeEach(async () => {
  ;({ address, drop } = await createEmptyControlDatabase())
  store = openTestDatabase(address)
  directory = pathToFileURL(`${await mkdtemp(join(tmpdir(), 'postern-migrations-'))}/`)
})

afterEach(async () => {
  await store.end()
  await drop()
  await rm(directory, { recursive: true })
})

const put = (name: string, text: string) => writeFile(new URL(name, directory), text)

async function listApplied(): Promise<number[]> {
  const { rows } = await store.query<{ number: number }>(
    'select number from migration order by number',
  )
  return rows.map((row) => row.number)
}

describe('migrate', () => {
  it('makes the control database, and changes nothing the second time', async () => {
    await migrate(store)
    const [schema, applied] = [await dumpSchema(store), await listApplied()]
    await migrate(store)
    expect(await dumpSchema(store)).toBe(schema)
    expect(await listApplied()).toEqual(applied)
    expect(applied.length).toBeGreaterThan(0)
  })

  it('is done once when several servers start at the same time', async () => {
    await put('000001.sql', 'create table a (); select pg_sleep(0.05)')
    await put('000002.sql', 'create table b ()')
    const pools = Array.from({ length: 6 }, () => openTestDatabase(address))
    await Promise.all(pools.map((pool) => migrate(pool, directory)))
    for (const pool of pools) await pool.end()
    expect(await listApplied()).toEqual([1, 2])
  })

  it('goes forward from where the database is, in the order of the numbers', async () => {
    await put('000001.sql', 'create table a (value int)')
    await migrate(store, directory)
    await put('000010.sql', 'insert into a select max(value) * 10 from a')
    await put('000002.sql', 'insert into a values (2)')
    await put('README.md', 'not SQL')
    await migrate(store, directory)
    expect(await listApplied()).toEqual([1, 2, 10])
    const { rows } = await store.query('select value from a order by value')
    expect(rows).toEqual([{ value: 2 }, { value: 20 }])
  })

  it('leaves nothing of a migration that fails, and tries it again the next time', async () => {
    await put('000001.sql', 'create table a ()')
    await put('000002.sql', 'create table b (); select 1 / 0')
    await put('000003.sql', 'create table c ()')
    await expect(migrate(store, directory)).rejects.toThrow('division by zero')
    expect(await listApplied()).toEqual([1])
    await put('000002.sql', 'create table b ()')
    await migrate(store, directory)
    expect(await listApplied()).toEqual([1, 2, 3])
  })

  it('does not take a failure for the work of another server', async () => {
    await put('000001.sql', 'create table a (id int primary key); insert into a values (1), (1)')
    await expect(migrate(store, directory)).rejects.toMatchObject({ code: '23505' })
    expect(await listApplied()).toEqual([])
  })

  it('refuses a database that a newer server has used, and does not touch it', async () => {
    await migrate(store)
    await store.query('insert into migration (number) values (999999)')
    const schema = await dumpSchema(store)
    await expect(migrate(store)).rejects.toThrow(
      /at migration 999999, and this server knows only \d+\. Start the newer server/,
    )
    expect(await dumpSchema(store)).toBe(schema)
  })
})
