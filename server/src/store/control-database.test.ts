import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { openTestDatabase } from '../../test/control-database.ts'
import { ensureControlDatabase } from './control-database.ts'
import { type Database, type DatabaseAddress, sqlstateOf } from './database.ts'

const superuser: DatabaseAddress = { ...inject('cluster'), database: 'postgres' }
const name = `control_${randomBytes(6).toString('hex')}`
const stranger = `stranger_${randomBytes(6).toString('hex')}`
const password = 'a-password-of-a-test'
let maintenance: Database

beforeAll(async () => {
  maintenance = openTestDatabase(superuser)
  await maintenance.query(`create role ${stranger} login password '${password}'`)
})

afterAll(async () => {
  await maintenance.query(`drop database if exists ${name} with (force)`)
  await maintenance.query(`drop role ${stranger}`)
  await maintenance.end()
})

/** What happens to a role that Postern did not make and that tries to connect. */
async function tryToConnect(): Promise<string | undefined> {
  const client = new pg.Client({
    ...superuser,
    ssl: false,
    database: name,
    user: stranger,
    password,
  })
  try {
    await client.connect()
    return 'connected'
  } catch (error) {
    return sqlstateOf(error)
  } finally {
    await client.end().catch(() => {})
  }
}

describe('ensureControlDatabase', () => {
  it('makes one database for all servers that start at the same time', async () => {
    await Promise.all(Array.from({ length: 6 }, () => ensureControlDatabase(superuser, name)))
    const { rows } = await maintenance.query(
      'select pg_encoding_to_char(encoding) as encoding from pg_database where datname = $1',
      [name],
    )
    expect(rows).toEqual([{ encoding: 'UTF8' }])
  })

  it('keeps other roles out', async () => {
    await ensureControlDatabase(superuser, name)
    expect(await tryToConnect()).toBe('42501')
  })

  it('closes one that whoever made it has left open', async () => {
    await maintenance.query(`grant connect on database ${name} to public`)
    expect(await tryToConnect()).toBe('connected')
    await ensureControlDatabase(superuser, name)
    expect(await tryToConnect()).toBe('42501')
  })

  it('says what the role lacks, and how to give it', async () => {
    const address = { ...superuser, user: stranger, password }
    await expect(ensureControlDatabase(address, `${name}_2`)).rejects.toThrow(
      `alter role "${stranger}" createdb createrole`,
    )
  })

  it('says where it found no server, without the password', async () => {
    const address = { ...superuser, host: '127.0.0.1', port: 1, password }
    const refusal = await ensureControlDatabase(address, name).catch((error: Error) => error)
    expect(String(refusal)).toContain('Cannot use the PostgreSQL server at 127.0.0.1:1')
    expect(String(refusal)).not.toContain(password)
  })
})
