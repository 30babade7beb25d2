import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createAccount,
  createDatabaseOf,
  createKey,
  newAccount,
  runAs,
} from '../../test/account.ts'
import { createInstallation, type TestInstallation } from '../../test/installation.ts'
import type { Account } from '../store/accounts.ts'
import { dropAccountDatabase } from './account-database.ts'
import { listDatabases, listRoles } from './catalogue.ts'
import { newRoleName } from './role-name.ts'

let installation: TestInstallation
let account: Account

beforeAll(async () => {
  installation = await createInstallation()
  account = await createAccount(installation)
})

afterAll(() => installation.close())

describe('createAccountDatabase', () => {
  it("lets the account's two roles in, and starts them in the schema public", async () => {
    for (const role of [account.ownerRole, account.publicRole]) {
      const [row] = await runAs(
        installation,
        { ...account, role },
        `select current_schema() as schema, current_setting('search_path') as path,
           current_setting('timezone') as zone, session_user::text as role`,
      )
      expect(row).toEqual({ schema: 'public', path: 'public, cartodb, postgis', zone: 'UTC', role })
    }
  })

  it("keeps every role of one account out of another's database", async () => {
    const other = await createAccount(installation)
    const key = await createKey(installation, account, {})
    for (const role of [account.ownerRole, account.publicRole, key.role]) {
      await expect(
        runAs(installation, { database: other.database, role }, 'select 1'),
      ).rejects.toMatchObject({ code: '42501' })
    }
  })

  it('keeps every role out of the control database, the template and the maintenance databases', async () => {
    const key = await createKey(installation, account, {})
    const closed = [
      installation.storeAddress.database,
      installation.admin.templateDatabase,
      'postgres',
      'template1',
    ]
    for (const database of closed) {
      for (const role of [account.ownerRole, account.publicRole, key.role]) {
        await expect(runAs(installation, { database, role }, 'select 1')).rejects.toMatchObject({
          code: '42501',
        })
      }
    }
  })

  it('lets the owner create, and nobody else', async () => {
    await runAs(installation, { ...account, role: account.ownerRole }, 'create table own (id int)')
    for (const statement of ['create table theirs (id int)', 'create temporary table t (id int)']) {
      await expect(
        runAs(installation, { ...account, role: account.publicRole }, statement),
      ).rejects.toMatchObject({ code: '42501' })
    }
  })

  it('gives the owner languages and the administration of PostGIS, with rights of its own', async () => {
    const rows = await runAs(
      installation,
      { ...account, role: account.ownerRole },
      `do $$ begin perform pg_sleep(0); end $$`,
      'create table places (id int)',
      `select addgeometrycolumn('public', 'places', 'the_geom', 4326, 'POINT', 2)`,
      `select find_srid('public', 'places', 'the_geom') as srid`,
    )
    expect(rows).toEqual([{ srid: 4326 }])
  })

  it('fences statements in, the owner later than others', async () => {
    const timeoutOf = async (role: string) =>
      (await runAs(installation, { ...account, role }, 'show statement_timeout'))[0]
    expect(await timeoutOf(account.publicRole)).toEqual({ statement_timeout: '35s' })
    expect(await timeoutOf(account.ownerRole)).toEqual({ statement_timeout: '65s' })
  })

  it('limits temporary files in a way that the role cannot undo', async () => {
    await expect(
      runAs(installation, { ...account, role: account.ownerRole }, 'set temp_file_limit = -1'),
    ).rejects.toMatchObject({ code: '42501' })
  })

  it('belongs to Postern and not to the account', async () => {
    await expect(
      runAs(
        installation,
        { ...account, role: account.ownerRole },
        `grant connect on database "${account.database}" to public`,
        `alter database "${account.database}" set search_path = evil`,
      ),
    ).rejects.toMatchObject({ code: '42501' })
  })

  it('can be run again, whatever a crash left', async () => {
    const { admin } = installation
    const half = newAccount(admin)
    await admin.cluster.query(`create role "${half.ownerRole}"`)
    await createDatabaseOf(admin, half)
    await createDatabaseOf(admin, half)
    expect(await runAs(installation, { ...half, role: half.ownerRole }, 'select 1 as one')).toEqual(
      [{ one: 1 }],
    )
  })

  it('makes databases side by side from one template', async () => {
    const accounts = Array.from({ length: 4 }, () => newAccount(installation.admin))
    await Promise.all(accounts.map((one) => createDatabaseOf(installation.admin, one)))
    const names = (await listDatabases(installation.admin)).map(({ database }) => database)
    expect(names).toEqual(expect.arrayContaining(accounts.map((one) => one.database)))
  })

  it('refuses names that are not of this installation', async () => {
    const foreign = { ...newAccount(installation.admin), ownerRole: 'postgres' }
    await expect(createDatabaseOf(installation.admin, foreign)).rejects.toThrow('postgres')
  })
})

describe('dropAccountDatabase', () => {
  it('ends sessions and leaves neither database nor roles, group roles included', async () => {
    const { admin } = installation
    const doomed = await createAccount(installation)
    await runAs(installation, { ...doomed, role: doomed.ownerRole }, 'create table t (id int)')
    const key = await createKey(installation, doomed, {
      tables: [{ schema: 'public', name: 't', permissions: ['select'] }],
    })
    const before = new Set((await listRoles(admin)).map(({ role }) => role))
    const running = runAs(
      installation,
      { ...doomed, role: doomed.ownerRole },
      'select pg_sleep(60)',
    )
    const ended = expect(running).rejects.toMatchObject({ code: '57P01' })
    await expect
      .poll(async () => {
        const { rowCount } = await admin.cluster.query(
          `select from pg_stat_activity where usename = $1 and state = 'active'`,
          [doomed.ownerRole],
        )
        return rowCount
      })
      .toBe(1)

    const drop = {
      database: doomed.database,
      roles: [doomed.ownerRole, doomed.publicRole, key.role],
    }
    await dropAccountDatabase(admin, drop)
    await ended
    const after = (await listRoles(admin)).map(({ role }) => role)
    // Two roles of the account, one of the key, two group roles: the table's and the schema's.
    expect(after).toHaveLength(before.size - 5)
    expect((await listDatabases(admin)).map(({ database }) => database)).not.toContain(
      doomed.database,
    )
    await dropAccountDatabase(admin, drop)
  })

  it('never drops what is not of this installation', async () => {
    const role = newRoleName('zzzzzz', randomBytes)
    await expect(
      dropAccountDatabase(installation.admin, { database: account.database, roles: [role] }),
    ).rejects.toThrow(role)
    await expect(
      dropAccountDatabase(installation.admin, { database: 'postgres', roles: [] }),
    ).rejects.toThrow('postgres')
  })
})
