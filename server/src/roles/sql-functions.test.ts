import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAccount, createKey, runAs, table } from '../../test/account.ts'
import { createTestContext } from '../../test/command-context.ts'
import { createInstallation, type TestInstallation } from '../../test/installation.ts'
import { runDoctor } from '../commands/run-doctor.ts'
import type { Account } from '../store/accounts.ts'
import type { ApiKey } from '../store/api-keys.ts'
import { reconcileSqlFunctions } from './reconcile-sql-functions.ts'
import { installSqlFunctions, listOutdatedDatabases } from './sql-functions.ts'

let installation: TestInstallation
let account: Account
/** May read and write `open_data`, and read nothing else. */
let key: ApiKey
/** May create tables in `public`. */
let maker: ApiKey

const as = (role: string, ...statements: readonly string[]) =>
  runAs(installation, { ...account, role }, ...statements)
const asOwner = (...statements: readonly string[]) => as(account.ownerRole, ...statements)
const asPublic = (...statements: readonly string[]) => as(account.publicRole, ...statements)
const asKey = (...statements: readonly string[]) => as(key.role, ...statements)

beforeAll(async () => {
  installation = await createInstallation()
  account = await createAccount(installation)
  await asOwner(
    'create table open_data (name text); create table secret (name text)',
    'create table shared (name text)',
    'create schema archive; create table archive.old (name text)',
    `grant select on shared to "${account.publicRole}"`,
    "select cdb_cartodbfytable('open_data'), cdb_cartodbfytable('secret'), cdb_cartodbfytable('shared')",
  )
  key = await createKey(installation, account, {
    tables: [table('open_data', 'select', 'insert', 'update')],
  })
  maker = await createKey(installation, account, {
    schemas: [{ name: 'public', permissions: ['create'] }],
  })
})

afterAll(() => installation.close())

describe('installSqlFunctions', () => {
  it('can be run again and keeps what the account has set', async () => {
    await asOwner('select cdb_setuserquotainbytes(1000)')
    await installSqlFunctions(installation.admin, account.database, account)
    expect(await asKey('select _CDB_UserQuotaInBytes() as quota')).toEqual([{ quota: '1000' }])
    await asOwner("select CDB_SetUserQuotaInBytes('public', 0)")
  })

  it('leaves nothing in the schema to PUBLIC, and nothing to run with other rights but the trigger', async () => {
    const { rows } = await installation.admin.on(account.database).query(
      `select p.oid::regprocedure::text as name, p.prosecdef as definer,
         has_function_privilege('public', p.oid, 'execute') as public
       from pg_proc p where p.pronamespace = 'cartodb'::regnamespace
         and (p.prosecdef or has_function_privilege('public', p.oid, 'execute'))`,
    )
    expect(rows).toEqual([
      { name: 'cartodb._cdb_tablemetadata_trigger()', definer: true, public: false },
    ])
  })

  it('belongs to nobody of the account: neither the owner nor a key can change or add to it', async () => {
    for (const role of [account.ownerRole, account.publicRole, key.role, maker.role]) {
      for (const statement of [
        'create table cartodb.mine ()',
        'drop function cartodb.cdb_username()',
        'alter table cartodb.cdb_account add column mine text',
        "insert into cartodb.cdb_tablemetadata values ('shared', now())",
        "update cartodb.cdb_account set name = 'other'",
        'grant usage on schema cartodb to public',
      ]) {
        // A GRANT that nobody may give only warns: it is looked at below.
        await as(role, statement).then(
          () => expect(statement).toContain('grant'),
          (error: { code?: string }) => expect(error.code).toBe('42501'),
        )
      }
    }
    const { rows } = await installation.admin
      .on(account.database)
      .query(`select has_schema_privilege('public', 'cartodb', 'usage') as open`)
    expect(rows).toEqual([{ open: false }])
  })

  it("refuses a database where a schema of that name is the account's own", async () => {
    const other = await createAccount(installation)
    const admin = installation.admin.on(other.database)
    await admin.query('drop schema cartodb cascade')
    await runAs(installation, { ...other, role: other.ownerRole }, 'create schema cartodb')
    await expect(installSqlFunctions(installation.admin, other.database, other)).rejects.toThrow(
      'Rename it',
    )
  })
})

describe('an account that an earlier version made', () => {
  it('gets the functions at start-up, and by the doctor', async () => {
    const { admin, store } = installation
    const old = await createAccount(installation)
    const database = admin.on(old.database)
    await database.query('drop schema cartodb cascade')
    await admin.cluster.query(`comment on database "${old.database}" is null`)
    await admin.cluster.query(`alter database "${old.database}" set search_path = public, postgis`)
    expect(await listOutdatedDatabases(admin, [old.database, account.database])).toEqual([
      old.database,
    ])

    const { servers } = await createTestContext(installation)
    const found = await runDoctor({
      admin,
      store,
      servers,
      findOgr2ogrVersion: async () => undefined,
      mend: false,
    })
    expect(found).toContainEqual(expect.objectContaining({ subject: `account ${old.name}` }))
    expect(await reconcileSqlFunctions(admin, store, true)).toMatchObject([
      { severity: 'mended', subject: `account ${old.name}` },
    ])
    expect(
      await runAs(installation, { ...old, role: old.publicRole }, 'select cdb_username() as name'),
    ).toEqual([{ name: old.name }])
    expect(await reconcileSqlFunctions(admin, store, true)).toEqual([])
  })
})

describe('CDB_UserTables', () => {
  const names = (rows: Record<string, unknown>[]) => rows.map((row) => row.cdb_usertables)

  it('lists what the caller may read and can name', async () => {
    expect(names(await asOwner('select CDB_UserTables()'))).toEqual([
      'open_data',
      'secret',
      'shared',
    ])
    expect(names(await asKey("select cdb_usertables('all')"))).toEqual(['open_data', 'shared'])
    expect(names(await asPublic('select CDB_UserTables()'))).toEqual(['shared'])
  })

  it('tells public tables from private ones', async () => {
    expect(names(await asKey("select CDB_UserTables('public')"))).toEqual(['shared'])
    expect(names(await asKey("select CDB_UserTables('private')"))).toEqual(['open_data'])
    expect(names(await asOwner("select CDB_UserTables('private')"))).toEqual([
      'open_data',
      'secret',
    ])
    expect(await asOwner("select CDB_UserTables('anything')")).toEqual([])
  })
})

describe('CDB_QueryTablesText', () => {
  const tablesOf = async (role: string, query: string) =>
    (await as(role, `select CDB_QueryTablesText($q$${query}$q$) as names`))[0]?.names

  it.each([
    ['select * from shared', ['public.shared']],
    ['  select 1 ; ', []],
    ['select * from shared s join open_data using (name)', ['public.open_data', 'public.shared']],
    [
      'with a as (select * from archive.old) select * from a, shared',
      ['archive.old', 'public.shared'],
    ],
    ['insert into secret select name from shared', ['public.secret', 'public.shared']],
    ['select (select count(*) from secret)', ['public.secret']],
    ['select * from "Odd Name"', ['public."Odd Name"']],
    ['select * from by_year', ['public.by_year', 'public.year_2020']],
  ])('%s', async (query, names) => {
    await asOwner(
      'create table if not exists "Odd Name" (); create table if not exists by_year (y int) partition by list (y)',
      'create table if not exists year_2020 partition of by_year for values in (2020)',
    )
    expect(await tablesOf(account.ownerRole, query)).toEqual(names)
    await asOwner('drop table "Odd Name", by_year')
  })

  it('plans as the caller: what the caller may not read is refused', async () => {
    await expect(tablesOf(key.role, 'select * from secret')).rejects.toMatchObject({
      code: '42501',
    })
    await expect(tablesOf(account.publicRole, 'select * from open_data')).rejects.toMatchObject({
      code: '42501',
    })
    expect(await tablesOf(key.role, 'select * from open_data')).toEqual(['public.open_data'])
  })

  it.each([
    'select 1; delete from shared',
    'select 1; set statement_timeout = 0',
    'delete from shared; select 1',
    '; commit',
    'select 1; create table sneaked_in ()',
    'analyze delete from shared',
    '(analyze) delete from shared',
  ])('never runs anything: %s', async (query) => {
    await asOwner("insert into shared (name) values ('kept')")
    await expect(tablesOf(account.ownerRole, query)).rejects.toMatchObject({
      code: expect.stringMatching(/^(42P11|42601)$/),
    })
    expect(await asOwner('select name from shared')).toEqual([{ name: 'kept' }])
    await asOwner('truncate shared')
  })

  it('does not run a statement that would write', async () => {
    await asOwner("insert into shared (name) values ('kept')")
    expect(await tablesOf(account.ownerRole, 'delete from shared')).toEqual(['public.shared'])
    expect(
      await tablesOf(account.ownerRole, 'create table sneaked_in as select * from shared'),
    ).toEqual(['public.shared'])
    expect(await asOwner('select name from shared')).toEqual([{ name: 'kept' }])
    expect(await asOwner("select to_regclass('sneaked_in') as name")).toEqual([{ name: null }])
    await asOwner('truncate shared')
  })

  it('has its kin: names, estimates, and when tables changed', async () => {
    expect(await asKey("select CDB_QueryTables('select * from shared')::text as names")).toEqual([
      { names: '{public.shared}' },
    ])
    const [estimate] = await asKey("select CDB_EstimateRowCount('select * from shared') as rows")
    expect(Number(estimate?.rows)).toBeGreaterThan(0)
    expect(
      await asKey("select * from CDB_QueryTables_Updated_At('select * from shared')"),
    ).toMatchObject([
      {
        dbname: account.database,
        schema_name: 'public',
        table_name: 'shared',
        updated_at: expect.any(Date),
      },
    ])
  })
})

describe('the record of changes', () => {
  const changedAt = async (name: string) =>
    Number(
      (
        await asOwner(
          `select extract(epoch from updated_at) * 1000000 as at
           from cdb_tablemetadata where tabname = '${name}'::regclass`,
        )
      )[0]?.at,
    )

  it.each([
    "insert into open_data (name) values ('x')",
    "update open_data set name = 'y'",
    'update open_data set name = null where false',
    "select CDB_TableMetadataTouch('open_data')",
  ])('notices what a key does: %s', async (statement) => {
    const before = await changedAt('open_data')
    // The key must not need more than its own grants.
    if (statement.startsWith('select')) {
      await expect(asKey(statement)).rejects.toMatchObject({ code: '42501' })
      await asOwner(statement)
    } else await asKey(statement)
    expect(await changedAt('open_data')).toBeGreaterThan(before)
  })

  it.each(['delete from open_data', 'truncate open_data'])('notices %s', async (statement) => {
    const before = await changedAt('open_data')
    await asOwner(statement)
    expect(await changedAt('open_data')).toBeGreaterThan(before)
  })

  it('is not for keys to read or to write, but for what they may read', async () => {
    for (const role of [key.role, account.publicRole, maker.role]) {
      await expect(as(role, 'select * from cdb_tablemetadata')).rejects.toMatchObject({
        code: '42501',
      })
    }
    const visible = 'select tabname from cdb_tablemetadata_text order by tabname'
    expect(await asKey(visible)).toEqual([
      { tabname: 'public.open_data' },
      { tabname: 'public.shared' },
    ])
    expect(await asPublic(visible)).toEqual([{ tabname: 'public.shared' }])
  })

  it('cannot be made to record anything else', async () => {
    await expect(asKey('select cartodb._cdb_tablemetadata_trigger()')).rejects.toMatchObject({
      code: '0A000',
    })
    await expect(asOwner("select CDB_TableMetadataTouch('archive.old')")).rejects.toThrow(
      'not recorded',
    )
  })
})

describe('quota and facts about the account', () => {
  it('is set by the owner alone', async () => {
    for (const role of [key.role, account.publicRole, maker.role]) {
      await expect(as(role, 'select CDB_SetUserQuotaInBytes(1)')).rejects.toMatchObject({
        code: '42501',
      })
    }
    await expect(asOwner('select CDB_SetUserQuotaInBytes(-1)')).rejects.toMatchObject({
      code: '22023',
    })
    expect(await asOwner('select CDB_SetUserQuotaInBytes(5) as was')).toEqual([{ was: '0' }])
    expect(await asOwner("select CDB_SetUserQuotaInBytes('public', 0) as was")).toEqual([
      { was: '5' },
    ])
  })

  it('counts what tables take on disk', async () => {
    const size = async (call: string) => Number((await asKey(`select ${call} as size`))[0]?.size)
    const before = await size('CDB_UserDataSize()')
    await asOwner(
      'insert into archive.old select repeat(md5(i::text), 10) from generate_series(1, 2000) i',
    )
    const after = await size('CDB_UserDataSize()')
    expect(after).toBeGreaterThan(before + 500_000)
    expect(await size("CDB_UserDataSize('archive')")).toBeGreaterThan(500_000)
    expect(await size("CDB_UserDataSize('nowhere')")).toBe(0)
    expect(
      await asKey('select CDB_UserDataSize(current_schema()) < CDB_UserDataSize() as less'),
    ).toEqual([{ less: true }])
  })

  it('tells the name of the account, and columns that the caller may read', async () => {
    expect(await asPublic('select CDB_Username() as name')).toEqual([{ name: account.name }])
    expect(await asKey("select array_agg(n) as names from CDB_ColumnNames('open_data') n")).toEqual(
      [{ names: '{name,cartodb_id,the_geom,the_geom_webmercator}' }],
    )
    expect(await asKey("select CDB_ColumnNames('secret')")).toEqual([])
    expect(await asKey("select CDB_ColumnType('open_data', 'name') as type")).toEqual([
      { type: 'text' },
    ])
    expect(await asPublic('select ST_AsText(CDB_LatLng(50, 10)) as point')).toEqual([
      { point: 'POINT(10 50)' },
    ])
  })
})
