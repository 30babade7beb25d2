import { randomBytes } from 'node:crypto'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import {
  createAccount,
  createDatabaseOf,
  createKey,
  createRoleOf,
  insertPendingAccount,
  insertPendingKey,
  newAccount,
  runAs,
  table,
} from '../../test/account.ts'
import { createInstallation, type TestInstallation } from '../../test/installation.ts'
import type { Observation } from '../observations.ts'
import { type Account, lockAccount, updateAccountState } from '../store/accounts.ts'
import { type ApiKey, deleteApiKeyRow, lockApiKey, updateApiKeyState } from '../store/api-keys.ts'
import { inTransaction } from '../store/database.ts'
import { listKnownRoles } from '../store/known-roles.ts'
import { listDatabases, listRoles } from './catalogue.ts'
import { dropKeyRole } from './drop-key-role.ts'
import { reconcile } from './reconcile.ts'
import { newDatabaseName, newRoleName } from './role-name.ts'

let installation: TestInstallation
/** With one table, which holds one row. */
let account: Account
/** A key that may read the table. */
let key: ApiKey
/** False once a test has put things out of order, until it has seen them healed. */
let isHealed = false

beforeEach(async () => {
  if (!isHealed) {
    await installation?.close()
    installation = await createInstallation()
    account = await createAccount(installation)
    await asOwner('create table cities (id int)', 'insert into cities values (1)')
    key = await createKey(installation, account, { tables: [table('cities', 'select')] })
  }
  isHealed = false
})

afterAll(() => installation.close())

const asOwner = (...statements: string[]): Promise<Record<string, unknown>[]> =>
  runAs(installation, { ...account, role: account.ownerRole }, ...statements)
const asKey = (one: ApiKey, ...statements: string[]) =>
  runAs(installation, { ...account, role: one.role }, ...statements)

function run(options?: { mend: boolean }) {
  return reconcile(installation.admin, installation.store, () => {}, options)
}

async function roleNames(): Promise<string[]> {
  return (await listRoles(installation.admin)).map(({ role }) => role).sort()
}

async function knownNames(): Promise<string[]> {
  return [...(await listKnownRoles(installation.store)).keys()].sort()
}

async function keyNames(): Promise<string[]> {
  const { rows } = await installation.store.query<{ id: string }>(
    `select id from api_key where type = 'regular'`,
  )
  return rows.map(({ id }) => id)
}

/** The state to come back to: one account, one key that reads one table, and nothing else. */
async function expectHealed(): Promise<void> {
  expect(await run({ mend: false })).toEqual([])
  expect(await roleNames()).toEqual(await knownNames())
  expect(await keyNames()).toEqual([key.id])
  expect(await asKey(key, 'select * from cities')).toEqual([{ id: 1 }])
  isHealed = true
}

describe('reconcile', () => {
  it('finds nothing where nothing happened, and leaves everything as it is', async () => {
    const before = await roleNames()
    expect(await run()).toEqual([])
    expect(await roleNames()).toEqual(before)
    await expectHealed()
  })
})

describe('a creation that stopped', () => {
  it('after the row was written is cleared away', async () => {
    await insertPendingKey(installation, account)
    expect(await run()).toMatchObject([{ severity: 'mended' }])
    await expectHealed()
  })

  it('after the role was made is cleared away, with a group role that only it used', async () => {
    const half = await insertPendingKey(installation, account)
    await createRoleOf(installation, account, half, {
      tables: [table('cities', 'select', 'insert')],
    })
    await run()
    expect(await roleNames()).not.toContain(half.role)
    await expectHealed()
  })

  it('between the role and the record of its group roles is cleared away', async () => {
    const half = await insertPendingKey(installation, account)
    await createRoleOf(installation, account, half, {
      tables: [table('cities', 'select', 'update')],
    })
    await installation.store.query(`delete from group_role where privileges = 'select,update'`)
    await run()
    await expectHealed()
  })

  it('is left alone while its maker lives', async () => {
    const half = await insertPendingKey(installation, account)
    await createRoleOf(installation, account, half, { tables: [table('cities', 'select')] })
    await inTransaction(installation.store, async (maker) => {
      await lockApiKey(maker, half.id)
      expect(await run()).toEqual([])
      await updateApiKeyState(maker, half.id, 'active')
    })
    expect(await asKey(half, 'select * from cities')).toEqual([{ id: 1 }])
  })

  it.each([
    ['its row', async () => {}],
    [
      'one role',
      (half: Account) => installation.admin.cluster.query(`create role "${half.ownerRole}" login`),
    ],
    ['its database', (half: Account) => createDatabaseOf(installation.admin, half)],
  ] as const)('at an account, after %s, is cleared away', async (_what, step) => {
    const half = newAccount(installation.admin)
    await insertPendingAccount(installation.store, half)
    await step(half)
    expect(await run()).toMatchObject([{ severity: 'mended', subject: `account ${half.name}` }])
    const databases = (await listDatabases(installation.admin)).map(({ database }) => database)
    expect(databases).toEqual([account.database])
    await expectHealed()
  })

  it('at an account is left alone while its maker lives', async () => {
    const half = newAccount(installation.admin)
    await insertPendingAccount(installation.store, half)
    await inTransaction(installation.store, async (maker) => {
      await lockAccount(maker, half.id)
      await createDatabaseOf(installation.admin, half)
      expect(await run()).toEqual([])
    })
    expect(await runAs(installation, { ...half, role: half.ownerRole }, 'select 1 as n')).toEqual([
      { n: 1 },
    ])
  })
})

describe('a deletion that stopped', () => {
  async function createDoomed(): Promise<ApiKey> {
    const doomed = await createKey(installation, account, {
      schemas: [{ name: 'public', permissions: ['create'] }],
    })
    await asOwner('drop table if exists made_by_key')
    await asKey(doomed, 'create table made_by_key (id int)')
    return doomed
  }

  it.each([
    ['the row was marked', async () => {}],
    [
      'log-ins were ended',
      (doomed: ApiKey) => installation.admin.cluster.query(`alter role "${doomed.role}" nologin`),
    ],
    [
      'what it owned was handed over',
      (doomed: ApiKey) =>
        installation.admin
          .on(account.database)
          .query(`reassign owned by "${doomed.role}" to "${account.ownerRole}"`),
    ],
    [
      'the role was dropped',
      (doomed: ApiKey) => dropKeyRole(installation.admin, { ...account, role: doomed.role }),
    ],
  ] as const)('after %s is finished', async (_what, step) => {
    const doomed = await createDoomed()
    await updateApiKeyState(installation.store, doomed.id, 'deleting')
    await step(doomed)
    await run()
    expect(await asOwner('select * from made_by_key')).toEqual([])
    await expectHealed()
  })

  it('at an account is finished', async () => {
    const doomed = await createAccount(installation)
    await runAs(installation, { ...doomed, role: doomed.ownerRole }, 'create table t (id int)')
    await createKey(installation, doomed, { tables: [table('t', 'select')] })
    await updateAccountState(installation.store, doomed.id, 'deleting')
    await run()
    expect(await listDatabases(installation.admin)).toHaveLength(1)
    await expectHealed()
  })
})

describe('a key with data services', () => {
  /** The group role of the service that each test grants. */
  async function serviceRole(): Promise<string> {
    const { rows } = await installation.store.query<{ role: string }>(
      `select role from group_role where kind = 'service' and privileges = 'geocoding'`,
    )
    return rows[0]?.role ?? ''
  }
  async function isMember(of: string): Promise<boolean> {
    const { rowCount } = await installation.admin.cluster.query(
      `select from pg_auth_members
       where roleid = $1::text::regrole and member = $2::text::regrole`,
      [`"${await serviceRole()}"`, `"${of}"`],
    )
    return rowCount === 1
  }

  it('holds one role per service, which others share and which opens nothing', async () => {
    const first = await createKey(installation, account, { services: ['geocoding', 'routing'] })
    const role = await serviceRole()
    const second = await createKey(installation, account, { services: ['geocoding'] })
    expect(await serviceRole()).toBe(role)
    expect([await isMember(first.role), await isMember(second.role)]).toEqual([true, true])
    expect(await isMember(key.role)).toBe(false)
    await expect(asKey(second, 'select * from cities')).rejects.toMatchObject({ code: '42501' })
    expect(await run()).toEqual([])
  })

  it('that was half made is cleared away, and its service stays for the next key', async () => {
    const half = await insertPendingKey(installation, account)
    await createRoleOf(installation, account, half, { services: ['geocoding'] })
    const role = await serviceRole()
    await run()
    expect(await roleNames()).not.toContain(half.role)
    const next = await createKey(installation, account, { services: ['geocoding'] })
    expect([await serviceRole(), await isMember(next.role)]).toEqual([role, true])
    expect(await run()).toEqual([])
  })

  it('that lost its service is not given it again, and is reported', async () => {
    const served = await createKey(installation, account, { services: ['geocoding'] })
    await installation.admin.cluster.query(`revoke "${await serviceRole()}" from "${served.role}"`)
    expect(await run()).toMatchObject([{ severity: 'problem', subject: `role ${served.role}` }])
    expect(await isMember(served.role)).toBe(false)
  })

  it('whose service was taken away altogether does not get it back with the next key', async () => {
    const served = await createKey(installation, account, { services: ['geocoding'] })
    await installation.admin.cluster.query(`drop role "${await serviceRole()}"`)
    const next = await createKey(installation, account, { services: ['geocoding'] })
    expect([await isMember(next.role), await isMember(served.role)]).toEqual([true, false])
    expect(await run()).toMatchObject([{ severity: 'problem', subject: `role ${served.role}` }])
  })

  it('gets nothing that somebody gave to its service: first it must be taken back', async () => {
    const served = await createKey(installation, account, { services: ['geocoding'] })
    await asOwner(`grant select on cities to "${await serviceRole()}"`)
    await expect(
      createKey(installation, account, { services: ['geocoding'] }),
    ).rejects.toMatchObject({ code: 'invalid_grants' })
    await run()
    await expect(asKey(served, 'select * from cities')).rejects.toMatchObject({ code: '42501' })
    expect(await run()).toEqual([])
    const next = await createKey(installation, account, { services: ['geocoding'] })
    expect(await isMember(next.role)).toBe(true)
  })

  it('goes with its account, and its services go too', async () => {
    const doomed = await createAccount(installation)
    await createKey(installation, doomed, { services: ['geocoding'] })
    await updateAccountState(installation.store, doomed.id, 'deleting')
    await run()
    expect(await listDatabases(installation.admin)).toHaveLength(1)
    expect(await roleNames()).toEqual(await knownNames())
  })
})

describe('strangers', () => {
  it('that can log in are dropped, and what they own goes to the owner of the database', async () => {
    const stranger = await createKey(installation, account, {
      schemas: [{ name: 'public', permissions: ['create'] }],
    })
    await asKey(stranger, 'create table of_a_stranger (id int)')
    await deleteApiKeyRow(installation.store, stranger.id)
    await run()
    expect(await asOwner('select * from of_a_stranger')).toEqual([])
    await expectHealed()
  })

  it('of another installation, or of nobody we know, are left alone', async () => {
    const { cluster } = installation.admin
    const foreign = [
      newRoleName('zzzzzz', randomBytes),
      `postern_${randomBytes(4).toString('hex')}`,
    ]
    for (const role of foreign) await cluster.query(`create role "${role}" login`)
    expect(await run()).toEqual([])
    for (const role of foreign) await cluster.query(`drop role "${role}"`)
  })

  it('databases that are empty are dropped', async () => {
    const empty = newAccount(installation.admin)
    await createDatabaseOf(installation.admin, empty)
    await run()
    await expectHealed()
  })

  it('databases that hold tables are kept, with all roles that might belong to them', async () => {
    const lost = await createAccount(installation)
    const role = { ...lost, role: lost.ownerRole }
    await runAs(installation, role, 'create table precious (id int)')
    await installation.store.query('delete from account where id = $1', [lost.id])
    const before = await roleNames()
    const findings = await run()
    expect(findings.map(({ severity }) => severity)).not.toContain('mended')
    expect(findings).toContainEqual(
      expect.objectContaining({ severity: 'problem', subject: `database ${lost.database}` }),
    )
    expect(await roleNames()).toEqual(before)
    expect(await runAs(installation, role, 'select * from precious')).toEqual([])
  })
})

describe('memberships that nobody gave', () => {
  it.each<[string, () => Promise<string>]>([
    ['another key', async () => (await createKey(installation, account, {})).role],
    ['the owner', async () => account.ownerRole],
    ['a predefined role', async () => 'pg_read_all_data'],
    [
      "another key's group role",
      async () => {
        await createKey(installation, account, { tables: [table('cities', 'delete')] })
        const { rows } = await installation.store.query<{ role: string }>(
          `select role from group_role where privileges = 'delete'`,
        )
        return rows[0]?.role ?? ''
      },
    ],
  ])('are taken from a key: of %s', async (_what, findRole) => {
    const role = await findRole()
    await installation.admin.cluster.query(`grant "${role}" to "${key.role}"`)
    expect(await run({ mend: false })).toMatchObject([
      { severity: 'problem', subject: `role ${key.role}` },
    ])
    expect(await run()).toMatchObject([{ severity: 'mended', subject: `role ${key.role}` }])
    await expect(asKey(key, `set role "${role}"`)).rejects.toMatchObject({ code: '42501' })
    expect(await asKey(key, 'select * from cities')).toEqual([{ id: 1 }])
    expect(await run()).toEqual([])
  })

  it('are taken from the public role, the owner and group roles', async () => {
    const { rows } = await installation.store.query<{ role: string }>(
      `select role from group_role where kind = 'table'`,
    )
    const { cluster } = installation.admin
    await cluster.query(`grant "${account.ownerRole}" to "${account.publicRole}"`)
    await cluster.query(`grant pg_read_all_data to "${account.ownerRole}"`)
    await cluster.query(`grant pg_read_all_data to "${rows[0]?.role}"`)
    expect(await run()).toHaveLength(3)
    await expectHealed()
  })

  it('of roles that are not ours in ours are reported only', async () => {
    const analyst = `analyst_${randomBytes(4).toString('hex')}`
    const { cluster } = installation.admin
    await cluster.query(`create role ${analyst}; grant "${account.ownerRole}" to ${analyst}`)
    expect(await run()).toMatchObject([{ severity: 'warning', subject: `role ${analyst}` }])
    await cluster.query(`drop role ${analyst}`)
  })
})

describe('nothing is ever given', () => {
  it('to a key whose role is missing', async () => {
    await dropKeyRole(installation.admin, { ...account, role: key.role })
    expect(await run()).toContainEqual(
      expect.objectContaining({ severity: 'problem', subject: `API key ${key.id}` }),
    )
    expect(await roleNames()).not.toContain(key.role)
  })

  it('to a key that lost a membership', async () => {
    await installation.admin.cluster.query(`revoke "${account.publicRole}" from "${key.role}"`)
    expect(await run()).toMatchObject([{ severity: 'problem', subject: `role ${key.role}` }])
    await expect(asKey(key, 'select 1')).rejects.toMatchObject({ code: '42501' })
  })

  it('to a key whose table was dropped and made again: the group role goes', async () => {
    await asOwner('drop table cities', 'create table cities (id int)')
    expect(await run()).toMatchObject([{ severity: 'mended' }])
    await expect(asKey(key, 'select * from cities')).rejects.toMatchObject({ code: '42501' })
    expect(await run()).toEqual([])
    expect(await roleNames()).toEqual(await knownNames())
  })

  it('to anybody by a look: without `mend` nothing changes', async () => {
    await insertPendingKey(installation, account)
    await installation.admin.cluster.query(`grant pg_read_all_data to "${key.role}"`)
    const before = await roleNames()
    const findings = await run({ mend: false })
    expect(findings.map(({ severity }) => severity)).toEqual(['problem', 'problem'])
    expect(await roleNames()).toEqual(before)
    expect(await run({ mend: false })).toEqual(findings)
  })
})

it('says each repair once to whoever observes', async () => {
  await insertPendingKey(installation, account)
  const observations: Observation[] = []
  await reconcile(installation.admin, installation.store, (one) => observations.push(one))
  expect(observations).toMatchObject([{ event: 'reconciled' }])
})

it('takes turns with itself', async () => {
  for (let count = 0; count < 5; count += 1) await insertPendingKey(installation, account)
  await createDatabaseOf(installation.admin, {
    ...newAccount(installation.admin),
    database: newDatabaseName(installation.admin.installationId, randomBytes),
  })
  const findings = (await Promise.all([run(), run(), run()])).flat()
  expect(findings.filter(({ severity }) => severity !== 'mended')).toEqual([])
  await expectHealed()
})
