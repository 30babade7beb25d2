import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createKey, runAs, table } from '../../test/account.ts'
import { createTestContext, createTestManager } from '../../test/command-context.ts'
import { createInstallation, type TestInstallation } from '../../test/installation.ts'
import { createTestServer, type TestServer } from '../../test/registered-server.ts'
import type { Manager } from '../credential/manager.ts'
import { type Account, findAccountById } from '../store/accounts.ts'
import { createAccessToken } from './create-access-token.ts'
import { createConnection } from './create-connection.ts'
import { getConnectionHealth } from './get-connection-health.ts'
import { listTableAccess } from './list-table-access.ts'
import { listTablesOf } from './list-tables.ts'
import { openPreview } from './open-preview.ts'
import { setTablePrivacy } from './set-table-privacy.ts'
import { getTable } from './table-place.ts'

let installation: TestInstallation
let context: Awaited<ReturnType<typeof createTestContext>>
let server: TestServer
let manager: Manager
let account: Account

beforeAll(async () => {
  installation = await createInstallation()
  context = await createTestContext(installation)
  server = await createTestServer(installation.address)
  manager = await createTestManager(installation)
  const found = await findAccountById(installation.store, manager.accountId)
  if (found === undefined) throw new Error('The account is not there.')
  account = found
  await asOwner(
    `create table cities (id integer primary key, name text not null, geom postgis.geometry(Point, 4326))`,
    `comment on table cities is 'Where people live'`,
    `comment on column cities.name is 'In English'`,
    'create table "Odd.name" (id integer)',
    'create view big_cities as select name from cities',
    'create schema archive',
    'create table archive.towns (name text)',
    'create table measured (id integer) partition by range (id)',
    'create table measured_1 partition of measured for values from (0) to (9)',
  )
  await createConnection(context, manager, {
    name: 'harbours',
    config: { ...server.config, password: server.password },
  })
})
afterAll(async () => {
  await context.close()
  await installation.close()
  await server.close()
})

const asOwner = (...statements: string[]) =>
  runAs(installation, { database: account.database, role: account.ownerRole }, ...statements)

const everything = { search: '', schema: undefined, page: { limit: 100, offset: 0 } }
const code = (expected: string) => expect.objectContaining({ code: expected })

describe('the list of tables', () => {
  it('tells of each what a list shows, and of nothing that is not the account’s', async () => {
    const { tables, total, schemas } = await listTablesOf(context, manager, 'default', everything)
    expect(tables.map(({ schema, name, kind }) => [schema, name, kind])).toEqual([
      ['archive', 'towns', 'table'],
      ['public', 'Odd.name', 'table'],
      ['public', 'big_cities', 'view'],
      ['public', 'cities', 'table'],
      ['public', 'measured', 'partitioned table'],
    ])
    expect(total).toBe(5)
    expect(schemas).toEqual([
      { name: 'archive', tables: 1 },
      { name: 'public', tables: 4 },
    ])
    expect(tables.find(({ name }) => name === 'cities')).toMatchObject({
      geometry: { column: 'geom', type: 'Point', srid: 4326 },
      privacy: 'PRIVATE',
      comment: 'Where people live',
    })
  })

  it('finds by any part of the name, a schema, and page by page', async () => {
    const names = async (asked: {
      search?: string
      schema?: string
      page?: { limit: number; offset: number }
    }) =>
      (await listTablesOf(context, manager, 'default', { ...everything, ...asked })).tables.map(
        ({ name }) => name,
      )
    expect(await names({ search: 'CITIES' })).toEqual(['big_cities', 'cities'])
    expect(await names({ search: 'archive.t' })).toEqual(['towns'])
    expect(await names({ search: '%' })).toEqual([])
    expect(await names({ schema: 'archive' })).toEqual(['towns'])
    expect(await names({ page: { limit: 2, offset: 3 } })).toEqual(['cities', 'measured'])
    expect(await names({ page: { limit: 2, offset: 99 } })).toEqual([])
    expect(await names({ search: '\0' })).toEqual([])
  })

  it('is there for registered servers, where nothing is public', async () => {
    const { tables } = await listTablesOf(context, manager, 'harbours', everything)
    expect(tables).toMatchObject([{ name: 'harbours', privacy: null, geometry: { type: 'Point' } }])
  })
})

it('a table is described by its dotted name', async () => {
  const { table: cities } = await getTable(context, manager, 'default', 'public.cities')
  expect(cities.columns).toMatchObject([
    { name: 'id', isInPrimaryKey: true, isNullable: false },
    { name: 'name', comment: 'In English', declared: 'text', isNullable: false },
    { name: 'geom', declared: 'postgis.geometry(Point,4326)', isNullable: true },
  ])
  const odd = await getTable(context, manager, 'default', 'public."Odd.name"')
  expect(odd.table.name).toBe('Odd.name')
  for (const name of [
    'public.nothing',
    'cities',
    'pg_catalog.pg_class',
    'cartodb.cdb_dataset',
    '.',
  ]) {
    await expect(getTable(context, manager, 'default', name)).rejects.toEqual(
      code('resource_not_found'),
    )
  }
})

it('how a server does is told, also when it cannot be reached', async () => {
  const version = expect.stringMatching(/^\d+\.\d+/)
  const ready = { status: 'ready', reason: null, serverVersion: version, postgisVersion: version }
  expect(await getConnectionHealth(context, manager, 'default')).toMatchObject(ready)
  expect(await getConnectionHealth(context, manager, 'harbours')).toMatchObject(ready)
  await server.superuser.query(`alter role "${server.config.user}" password 'another'`)
  expect(await getConnectionHealth(context, manager, 'harbours')).toMatchObject({
    status: 'unreachable',
    reason: expect.stringContaining('refused the log-in'),
    serverVersion: null,
  })
  await server.superuser.query(`alter role "${server.config.user}" password '${server.password}'`)
  await server.superuser.query(`alter role "${server.config.user}" nocreaterole`)
  expect(await getConnectionHealth(context, manager, 'harbours')).toMatchObject({
    status: 'degraded',
    findings: expect.arrayContaining([expect.objectContaining({ severity: 'problem' })]),
  })
  await server.superuser.query(`alter role "${server.config.user}" createrole`)
})

describe('who reaches a table', () => {
  const reached = async (name: string, as: Manager = manager) =>
    (await listTableAccess(context, as, 'default', name)).access.map(
      ({ credential, by, verbs, source }) => [
        'name' in credential ? credential.name : credential.kind,
        by,
        verbs.join(),
        ...(source === null ? [] : [source]),
      ],
    )
  const on = (...sources: string[]) =>
    sources.map((source) => ({ connection_name: 'default', source }))

  it('is what PostgreSQL lets each of them do, and by what', async () => {
    const reader = await createKey(installation, account, {
      tables: [table('cities', 'select', 'update')],
    })
    const maker = await createKey(installation, account, {
      schemas: [{ name: 'public', permissions: ['create'] }],
    })
    await runAs(
      installation,
      { database: account.database, role: maker.role },
      'create table made (id integer)',
    )
    await createAccessToken(context, manager, {
      name: 'precise',
      grants: on('default.public.cities', 'default.public.cit*', 'select name from cities'),
    })
    await createAccessToken(context, manager, { name: 'elsewhere', grants: on('archive.towns') })

    const master = ['master', 'everything', 'delete,insert,select,update']
    expect(await reached('public.cities')).toEqual([
      master,
      [reader.name, 'grant', 'select,update'],
      ['precise', 'table', 'select', 'default.public.cities'],
      ['precise', 'wildcard', 'select', 'default.public.cit*'],
      ['precise', 'query', 'select', 'select name from cities'],
    ])
    expect(await reached('public.made')).toEqual([
      master,
      [maker.name, 'owner', 'delete,insert,select,update'],
    ])
    // Nobody was granted the view, and a grant of what it is made from does not open it.
    expect(await reached('public.big_cities')).toEqual([master])

    // What the database no longer has is not told, whatever was once granted.
    await asOwner(`revoke all on cities from public`)
    const { rows } = await installation.admin.on(account.database).query<{ role: string }>(
      `select a.grantee::regrole::text as role from pg_class c, aclexplode(c.relacl) a
         where c.relname = 'cities' and a.grantee::regrole::text <> $1 group by 1`,
      [account.ownerRole],
    )
    for (const { role } of rows) await asOwner(`revoke all on cities from ${role}`)
    expect(await reached('public.cities')).toEqual([
      master,
      ['precise', 'wildcard', 'select', 'default.public.cit*'],
    ])
  })

  it('never names tokens of other users, and tells owners alone how many there are', async () => {
    const other = { ...manager, userId: randomUUID(), level: 'editor' as const }
    await createAccessToken(context, manager, { name: 'mine', grants: on('archive.towns') })
    const seen = await listTableAccess(context, other, 'default', 'archive.towns')
    expect(JSON.stringify(seen)).not.toContain('mine')
    expect(seen.tokensOfOthers).toBe(null)
    const asOwnerSees = { ...other, level: 'owner' as const }
    const counted = await listTableAccess(context, asOwnerSees, 'default', 'archive.towns')
    expect(JSON.stringify(counted)).not.toContain('mine')
    expect(counted.tokensOfOthers).toBe(2)
  })

  it('says what is public, once', async () => {
    await setTablePrivacy(context, manager, {
      connection: 'default',
      table: 'archive.towns',
      privacy: 'PUBLIC',
    })
    expect(await reached('archive.towns', { ...manager, userId: randomUUID() })).toEqual([
      ['master', 'everything', 'delete,insert,select,update'],
      ['default', 'public', 'select'],
    ])
  })
})

describe('privacy', () => {
  const set = (name: string, privacy: 'PUBLIC' | 'LINK' | 'PRIVATE', connection = 'default') =>
    setTablePrivacy(context, manager, { connection, table: name, privacy })
  const privacyOf = async (name: string) =>
    (await getTable(context, manager, 'default', name)).table.privacy

  it('is what was set, and closing answers with a receipt', async () => {
    expect(await set('public.big_cities', 'PUBLIC')).toBe(undefined)
    expect(await privacyOf('public.big_cities')).toBe('PUBLIC')
    await set('public.big_cities', 'LINK')
    expect(await privacyOf('public.big_cities')).toBe('LINK')
    expect(await set('public.big_cities', 'PRIVATE')).toMatchObject({ epoch: expect.any(Number) })
    expect(await privacyOf('public.big_cities')).toBe('PRIVATE')
  })

  it('is not changed on registered servers, nor by whoever is signed in no more', async () => {
    await expect(set('public.harbours', 'PUBLIC', 'harbours')).rejects.toEqual(
      code('invalid_dataset'),
    )
    const gone = {
      ...manager,
      mustStillHold: () => Promise.reject(new Error('signed out')),
    }
    const asked = { connection: 'default', table: 'public.cities', privacy: 'PUBLIC' } as const
    await expect(setTablePrivacy(context, gone, asked)).rejects.toThrow('signed out')
    expect(await privacyOf('public.cities')).toBe('PRIVATE')
  })
})

describe('what would run functions of others', () => {
  const preview = (name: string, connection = 'default') =>
    openPreview(context, manager, connection, name)

  it('is not looked at, however deep they are', async () => {
    const { database } = account
    const { role } = await createKey(installation, account, {
      schemas: [{ name: 'public', permissions: ['create'] }],
    })
    // No key can: the gateway refuses it, and so does the database. If both fences were gone:
    await installation.admin.on(database).query(`grant usage on language sql to "${role}"`)
    await runAs(
      installation,
      { database, role },
      `create function trap() returns integer language sql as 'select 1'`,
      `create function still(integer) returns integer immutable language sql as 'select 1'`,
      'create view by_view as select trap() as n',
      'create view by_operand as select 1 as n where trap() = 1',
      'create table by_policy (id integer)',
      'alter table by_policy enable row level security',
      'alter table by_policy force row level security',
      'create policy trapped on by_policy using (trap() = 1)',
      'create table by_index (id integer)',
      'create index on by_index (still(id))',
      'create table plain (id integer)',
      'create view harmless as select id from plain where id > 0',
    )
    await asOwner('create view of_mine as select n + 1 as n from by_view')
    for (const name of ['by_view', 'by_operand', 'by_policy', 'by_index', 'of_mine']) {
      await expect(preview(`public.${name}`), name).rejects.toMatchObject({
        code: 'preview_refused',
        message: expect.stringMatching(/trap|still/),
      })
    }
    for (const name of ['plain', 'harmless']) {
      expect((await preview(`public.${name}`)).key).toEqual({ database, role: account.ownerRole })
    }
  })

  it('is looked at when they are the owner’s own, PostGIS’s or PostgreSQL’s', async () => {
    await asOwner(
      `create function twice(n integer) returns integer language sql as 'select 2 * n'`,
      `create view by_owner as select twice(id) as n, lower(name) as name,
         postgis.st_buffer(geom, 1) as geom from cities where geom operator(postgis.&&) geom`,
    )
    expect((await preview('public.by_owner')).table.name).toBe('by_owner')
  })

  it('is not looked at on registered servers either', async () => {
    const { user } = server.config
    const other = `other_${randomUUID().slice(0, 8)}`
    await server.superuser.query(
      `create role ${other};
       create function public.trap() returns integer language sql as 'select 1';
       alter function public.trap() owner to ${other};
       create view public.trapped as select public.trap() as n;
       grant select on public.trapped to "${user}"`,
    )
    await expect(preview('public.trapped', 'harbours')).rejects.toEqual(code('preview_refused'))
    expect((await preview('public.harbours', 'harbours')).key).toMatchObject({ role: user })
    await server.superuser.query(
      `drop view public.trapped; drop function public.trap(); drop role ${other}`,
    )
  })

  it('is not looked at on registered servers when a type runs it, or text is run as SQL', async () => {
    const { user } = server.config
    const other = `other_${randomUUID().slice(0, 8)}`
    await server.superuser.query(
      `create role ${other};
       create schema ${other} authorization ${other};
       grant usage on schema ${other} to "${user}";
       set role ${other};
       create function ${other}.trap(n integer) returns boolean language sql as 'select n > 0';
       create domain ${other}.trapped as integer check (${other}.trap(value));
       create view ${other}.checks as select 1::${other}.trapped as n;
       create view ${other}.runs_text as
         select query_to_xml('select ${other}.trap(1)', true, false, '') as x;
       create view ${other}.tells as select 1 as n from pg_notify('a', 'b');
       create view ${other}.turned as select n::text::${other}.trapped from (values ('1')) as v (n);
       create view ${other}.plain as select now() as at;
       grant select on all tables in schema ${other} to "${user}";
       reset role`,
    )
    for (const name of ['checks', 'turned', 'runs_text', 'tells']) {
      await expect(preview(`${other}.${name}`, 'harbours'), name).rejects.toEqual(
        code('preview_refused'),
      )
    }
    expect((await preview(`${other}.plain`, 'harbours')).table.name).toBe('plain')
    await server.superuser.query(`drop schema ${other} cascade; drop role ${other}`)
  })
})
