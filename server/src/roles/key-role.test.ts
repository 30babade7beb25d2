import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  createAccount,
  createKey,
  createRoleOf,
  deleteKey,
  insertPendingKey,
  runAs,
  table,
} from '../../test/account.ts'
import { createInstallation, type TestInstallation } from '../../test/installation.ts'
import type { Account } from '../store/accounts.ts'
import type { ApiKey } from '../store/api-keys.ts'
import { listGroupRoles } from '../store/group-roles.ts'
import { listRoles } from './catalogue.ts'
import { createKeyRole } from './create-key-role.ts'
import { dropKeyRole } from './drop-key-role.ts'
import { dropRole } from './drop-role.ts'
import { type RequestedGrants, refusals } from './resolve-grants.ts'

let installation: TestInstallation
let account: Account

beforeAll(async () => {
  installation = await createInstallation()
  account = await createAccount(installation)
})

afterAll(() => installation.close())

const denied = { code: '42501' }

/** Runs as the account's owner: what the master key can do. */
function asOwner(...statements: string[]) {
  return runAs(installation, { ...account, role: account.ownerRole }, ...statements)
}

function asKey(key: ApiKey, ...statements: string[]) {
  return runAs(installation, { ...account, role: key.role }, ...statements)
}

const create = (grants: Partial<RequestedGrants>) => createKey(installation, account, grants)

/** Privileges on a table that somebody other than its owner holds. */
async function countAclEntries(name: string): Promise<number> {
  const { rows } = await installation.admin.on(account.database).query<{ count: number }>(
    `select count(*)::integer as count from pg_class c, aclexplode(c.relacl) a
       where c.relname = $1 and a.grantee <> c.relowner`,
    [name],
  )
  return rows[0]?.count ?? 0
}

describe('a key', () => {
  beforeEach(() =>
    asOwner(
      'drop table if exists cities, rivers cascade',
      'create table cities (id serial primary key, name text)',
      `insert into cities (name) values ('Paris')`,
      'create table rivers (id int)',
    ),
  )

  it('has what it was granted and nothing else', async () => {
    const key = await create({ tables: [table('cities', 'select')] })
    expect(await asKey(key, 'select name from cities')).toEqual([{ name: 'Paris' }])
    await expect(asKey(key, 'select * from rivers')).rejects.toMatchObject(denied)
    await expect(asKey(key, `insert into cities (name) values ('x')`)).rejects.toMatchObject(denied)
    await expect(asKey(key, 'create table mine (id int)')).rejects.toMatchObject(denied)
  })

  it('may use the sequences of a table into which it may insert', async () => {
    const reader = await create({ tables: [table('cities', 'select', 'update')] })
    const writer = await create({ tables: [table('cities', 'select', 'insert')] })
    await asKey(writer, `insert into cities (name) values ('Rome')`)
    await expect(asKey(reader, `select nextval('cities_id_seq')`)).rejects.toMatchObject(denied)
  })

  it('gets the sequence of a column that came later, when its group role is used again', async () => {
    await create({ tables: [table('rivers', 'insert')] })
    await asOwner('alter table rivers add column number serial')
    const later = await create({ tables: [table('rivers', 'insert')] })
    await asKey(later, 'insert into rivers (id) values (1)')
  })

  it('inherits what the public role has', async () => {
    const key = await create({})
    await expect(asKey(key, 'select * from rivers')).rejects.toMatchObject(denied)
    await asOwner(`grant select on rivers to "${account.publicRole}"`)
    expect(await asKey(key, 'select * from rivers')).toEqual([])
  })

  it('opens views, materialized views, partitioned and oddly named tables', async () => {
    await installation.admin
      .on(account.database)
      .query(`create schema if not exists "Öd" authorization "${account.ownerRole}"`)
    await asOwner(
      'create or replace view v as select name from cities',
      'drop materialized view if exists m',
      'create materialized view m as select name from cities',
      'drop table if exists parts',
      'create table parts (id int) partition by range (id)',
      'create table parts_1 partition of parts for values from (0) to (10)',
      `create table if not exists "Öd"."Select ""x"" %s" (id int)`,
    )
    const key = await create({
      tables: [
        table('v', 'select'),
        table('m', 'select'),
        table('parts', 'select', 'insert'),
        { schema: 'Öd', name: 'Select "x" %s', permissions: ['select'] },
      ],
    })
    expect(await asKey(key, 'select * from v')).toEqual([{ name: 'Paris' }])
    expect(await asKey(key, 'select * from m')).toEqual([{ name: 'Paris' }])
    expect(await asKey(key, 'insert into parts values (1)', 'select * from parts')).toEqual([
      { id: 1 },
    ])
    expect(await asKey(key, `select * from "Öd"."Select ""x"" %s"`)).toEqual([])
    await expect(asKey(key, 'select * from cities')).rejects.toMatchObject(denied)
  })

  it('that may only read starts in read-only transactions', async () => {
    const key = await insertPendingKey(installation, account)
    await createRoleOf(
      installation,
      account,
      { ...key, grants: { ...key.grants, mayWrite: false } },
      { tables: [table('cities', 'select')] },
    )
    expect(await asKey(key, 'show default_transaction_read_only')).toEqual([
      { default_transaction_read_only: 'on' },
    ])
  })

  it('cannot become the account, another key or Postern', async () => {
    const key = await create({ tables: [table('cities', 'select')] })
    const other = await create({})
    for (const role of [account.ownerRole, other.role, installation.admin.role]) {
      await expect(asKey(key, `set role "${role}"`)).rejects.toMatchObject(denied)
      await expect(asKey(key, `set session authorization "${role}"`)).rejects.toMatchObject(denied)
    }
  })

  it('cannot log in from the moment at which its key expires', async () => {
    const key = await insertPendingKey(installation, account)
    await createRoleOf(installation, account, { ...key, expiresAt: new Date(0) }, {})
    const login = { database: account.database, role: key.role }
    await expect(runAs(installation, login, 'select 1')).rejects.toMatchObject({ code: '28P01' })
    const later = await insertPendingKey(installation, account)
    await createRoleOf(installation, account, { ...later, expiresAt: new Date('2099-01-01') }, {})
    const laterLogin = { database: account.database, role: later.role }
    expect(await runAs(installation, laterLogin, 'select 1 as n')).toEqual([{ n: 1 }])
  })

  it('is refused when its table went away since the grants were looked up', async () => {
    const key = await insertPendingKey(installation, account)
    await asOwner('create table short_lived (id int)')
    const { rows } = await installation.admin
      .on(account.database)
      .query<{ oid: number }>(`select 'public.short_lived'::regclass::oid as oid`)
    await asOwner('drop table short_lived')
    await expect(
      createKeyRole(installation.admin, installation.store, {
        ...account,
        accountId: account.id,
        apiKeyId: key.id,
        role: key.role,
        verifier: 'SCRAM-SHA-256$4096:c2FsdA==$a:b',
        resolved: {
          tables: [{ oid: rows[0]?.oid ?? 0, verbs: ['select'] }],
          usageSchemas: [],
          createSchemas: [],
        },
        services: [],
        connectionLimit: 1,
        mayWrite: false,
        expiresAt: null,
      }),
    ).rejects.toMatchObject({
      code: 'invalid_grants',
      message: expect.stringContaining(refusals.tables),
    })
    expect((await listRoles(installation.admin)).map(({ role }) => role)).not.toContain(key.role)
  })
})

describe('a grant follows the object', () => {
  it('through a new name', async () => {
    await asOwner('create table before (id int)')
    const key = await create({ tables: [table('before', 'select')] })
    await asOwner('alter table before rename to after')
    expect(await asKey(key, 'select * from after')).toEqual([])
  })

  it('and not the name: what is dropped and made again is not granted', async () => {
    await asOwner('create table phoenix (id int)')
    const key = await create({ tables: [table('phoenix', 'select')] })
    await asOwner('drop table phoenix', 'create table phoenix (id int)')
    await expect(asKey(key, 'select * from phoenix')).rejects.toMatchObject(denied)
  })

  it('and not the number: a new table with an old oid is not granted to old keys', async () => {
    await asOwner('create table old_one (id int)')
    const old = await create({ tables: [table('old_one', 'select')] })
    await asOwner('drop table old_one', 'create table new_one (id int)')
    // As if PostgreSQL had come round to the oid again.
    await installation.store.query(
      `update group_role set object_oid = $1
       where role in (select role from api_key_group_role where api_key_id = $2) and kind = 'table'`,
      [await oidOf('new_one'), old.id],
    )
    const key = await create({ tables: [table('new_one', 'select')] })
    expect(await asKey(key, 'select * from new_one')).toEqual([])
    await expect(asKey(old, 'select * from new_one')).rejects.toMatchObject(denied)
  })

  async function oidOf(name: string): Promise<number> {
    const { rows } = await installation.admin
      .on(account.database)
      .query<{ oid: number }>('select oid from pg_class where relname = $1', [name])
    return rows[0]?.oid ?? 0
  }
})

describe('group roles', () => {
  it('are used again by every key with the same verbs on the same table', async () => {
    await asOwner('create table shared (id int)')
    const before = (await listGroupRoles(installation.store, account.id)).length
    await create({ tables: [table('shared', 'select', 'insert')] })
    await create({ tables: [table('shared', 'insert', 'select')] })
    await create({ tables: [table('shared', 'select'), table('shared', 'insert')] })
    const groups = await listGroupRoles(installation.store, account.id)
    expect(groups.slice(before).length + before).toBe(before + 1)
    expect(
      groups.filter(({ privileges }) => privileges === 'insert,select').length,
    ).toBeGreaterThan(0)
  })

  it('are not used again when they came to hold more than was asked for', async () => {
    await asOwner('create table narrow (id int)', 'create table secret (id int)')
    const first = await create({ tables: [table('narrow', 'select')] })
    const { rows } = await installation.store.query<{ role: string }>(
      `select role from api_key_group_role join group_role using (role)
       where api_key_id = $1 and kind = 'table'`,
      [first.id],
    )
    await asOwner(`grant select on secret to "${rows[0]?.role}"`)
    const second = await create({ tables: [table('narrow', 'select')] })
    expect(await asKey(second, 'select * from narrow')).toEqual([])
    await expect(asKey(second, 'select * from secret')).rejects.toMatchObject(denied)
  })

  it('are not used again when the owner took something away from them by hand', async () => {
    await asOwner('create table halved (id int)')
    const first = await create({ tables: [table('halved', 'select', 'insert')] })
    const { rows } = await installation.store.query<{ role: string }>(
      `select role from api_key_group_role join group_role using (role)
       where api_key_id = $1 and kind = 'table'`,
      [first.id],
    )
    await asOwner(`revoke insert on halved from "${rows[0]?.role}"`)
    const second = await create({ tables: [table('halved', 'select', 'insert')] })
    await asKey(second, 'insert into halved values (1)')
    await expect(asKey(first, 'insert into halved values (1)')).rejects.toMatchObject(denied)
  })

  it('keep the ACL of a table as short for many keys as for one', async () => {
    await asOwner('create table popular (id int)')
    await create({ tables: [table('popular', 'select')] })
    const before = await countAclEntries('popular')
    for (let count = 0; count < 20; count += 1) {
      await create({ tables: [table('popular', 'select')] })
    }
    expect(await countAclEntries('popular')).toBe(before)
  })
})

describe('sixteen at a time on one table', () => {
  it('creations and deletions lose nothing', async () => {
    await asOwner('create table busy (id int)')
    const verbs = ['select', 'insert', 'update', 'delete'] as const
    const makeSixteen = () =>
      Promise.all(
        Array.from({ length: 16 }, (_, index) =>
          create({ tables: [table('busy', 'select', ...verbs.slice(0, index % 4))] }),
        ),
      )
    const first = await makeSixteen()
    const [second] = await Promise.all([
      makeSixteen(),
      ...first.map((key) => deleteKey(installation, account, key)),
    ])
    for (const key of second) expect(await asKey(key, 'select * from busy')).toEqual([])
    const roles = (await listRoles(installation.admin)).map(({ role }) => role)
    expect(roles).toEqual(expect.arrayContaining(second.map(({ role }) => role)))
    for (const key of first) expect(roles).not.toContain(key.role)
    // One group role for each of three sets of verbs: nobody made a second.
    expect(await countAclEntries('busy')).toBe(1 + 2 + 3)
  })
})

describe('a key that may create', () => {
  const grants: Partial<RequestedGrants> = {
    schemas: [{ name: 'public', permissions: ['create'] }],
  }

  it('owns what it creates; other keys have nothing of it, and the owner manages it', async () => {
    const key = await create(grants)
    const other = await create(grants)
    await asKey(key, 'create table made_by_key (id int)', 'insert into made_by_key values (1)')
    await expect(asKey(other, 'select * from made_by_key')).rejects.toMatchObject(denied)
    expect(await asOwner('select * from made_by_key')).toEqual([{ id: 1 }])
    await asOwner('alter table made_by_key add column name text')
  })

  it('leaves what it created to the owner when it is deleted', async () => {
    const key = await create(grants)
    await asKey(
      key,
      'create table heritage (id serial)',
      'insert into heritage default values',
      `grant select on heritage to "${account.publicRole}"`,
    )
    await deleteKey(installation, account, key)
    const [row] = await asOwner(
      `select tableowner::text as owner from pg_tables where tablename = 'heritage'`,
    )
    expect(row).toEqual({ owner: account.ownerRole })
    expect(await asOwner('select * from heritage')).toEqual([{ id: 1 }])
  })

  it('costs the owner role a membership; others do not', async () => {
    const countMemberships = async () => {
      const { rowCount } = await installation.admin.cluster.query(
        `select from pg_auth_members m join pg_roles r on r.oid = m.member where r.rolname = $1`,
        [account.ownerRole],
      )
      return rowCount ?? 0
    }
    const before = await countMemberships()
    await create({})
    expect(await countMemberships()).toBe(before)
    await create(grants)
    expect(await countMemberships()).toBe(before + 1)
  })
})

describe('dropKeyRole', () => {
  it('ends the running sessions, and lets nobody in again', async () => {
    const key = await create({})
    const running = asKey(
      key,
      `select count(*) from generate_series(1, 1000000) as a, generate_series(1, 1000000) as b`,
    )
    const ended = expect(running).rejects.toMatchObject({ code: '57P01' })
    await expect
      .poll(async () => {
        const { rowCount } = await installation.admin.cluster.query(
          'select from pg_stat_activity where usename = $1',
          [key.role],
        )
        return rowCount
      })
      .toBe(1)
    const result = await dropKeyRole(installation.admin, { ...account, role: key.role })
    expect(result).toEqual({ existed: true, sessionsEnded: 1 })
    await ended
    await expect(asKey(key, 'select 1')).rejects.toMatchObject({ code: '28P01' })
  })

  it('can be run again, and at the same time', async () => {
    const key = await create({})
    const drop = () => dropKeyRole(installation.admin, { ...account, role: key.role })
    const results = await Promise.all([drop(), drop(), drop()])
    expect(results.some(({ existed }) => existed)).toBe(true)
    expect(await drop()).toEqual({ existed: false, sessionsEnded: 0 })
  })

  it('clears what the owner granted to the role by hand', async () => {
    await asOwner('create table by_hand (id int)')
    const key = await create({})
    await asOwner(`grant select on by_hand to "${key.role}"`)
    await deleteKey(installation, account, key)
    expect(await countAclEntries('by_hand')).toBe(0)
  })

  it('keeps a role that owns something nobody can have, but lets nobody in as it', async () => {
    const key = await create({ schemas: [{ name: 'public', permissions: ['create'] }] })
    await asKey(key, 'create table orphaned (id int)')
    await expect(dropRole(installation.admin, key.role, () => undefined)).rejects.toThrow(
      'nobody can have it',
    )
    await expect(asKey(key, 'select 1')).rejects.toMatchObject({ code: '28000' })
    expect(await asOwner('select * from orphaned')).toEqual([])
  })

  it('never drops a role that is not of this installation', async () => {
    await expect(dropKeyRole(installation.admin, { ...account, role: 'postgres' })).rejects.toThrow(
      'postgres',
    )
  })
})
