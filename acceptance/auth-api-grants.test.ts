import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type ApiKey,
  type AuthApi,
  apis,
  authApi,
  creating,
  database,
  expectError,
  noSchemas,
  noTables,
  schemasOf,
  tablesOf,
} from './support/auth-api.ts'
import { type AuthApiAccounts, openAuthApiAccounts } from './support/auth-api-accounts.ts'
import type { AccountCredentials, Postern } from './support/postern.ts'
import { sql } from './support/requests.ts'

// Numbers are those of the contract's checklist: the Auth API of the classic platform.

let postern: Postern
let alice: AccountCredentials
let bob: AccountCredentials
let master: AuthApi
let created: AuthApiAccounts['created']
let shown: AuthApiAccounts['shown']
let asOwner: AuthApiAccounts['asOwner']
let asKey: AuthApiAccounts['asKey']

beforeAll(async () => {
  const accounts = await openAuthApiAccounts()
  ;({ postern, alice, bob, master, created, shown, asOwner, asKey } = accounts)
})
afterAll(() => postern.stop())

describe('validation of grants', () => {
  const refusals: [string, unknown, string | RegExp][] = [
    [
      '200: two apis sections',
      [apis('sql'), apis('maps')],
      'Grants only one apis section is allowed',
    ],
    ['202: no apis section', [database()], 'Grants only one apis section is allowed'],
    ['202: no section at all', [], 'Grants only one apis section is allowed'],
    [
      '201: two database sections',
      [apis('sql'), database(), database()],
      'Grants only one database section is allowed',
    ],
    [
      '203: two dataservices sections',
      [apis('sql'), { type: 'dataservices', services: [] }, { type: 'dataservices', services: [] }],
      'Grants only one dataservices section is allowed',
    ],
    [
      '204: two user sections',
      [apis('sql'), { type: 'user', data: [] }, { type: 'user', data: [] }],
      'Grants only one user section is allowed',
    ],
    [
      'two data-observatory sections',
      [
        apis('sql'),
        { type: 'data-observatory', datasets: [] },
        { type: 'data-observatory', datasets: [] },
      ],
      'Grants only one data-observatory section is allowed',
    ],
    ['a number', 5, 'Grants wrongly formatted (not a Hash or invalid JSON)'],
    ['true', true, 'Grants wrongly formatted (not a Hash or invalid JSON)'],
    [
      'an API that does not exist',
      [apis('sql', 'everything')],
      /Grants The property '#\/0\/apis\/1' value "everything" did not match one of the following values: sql, maps, do, batch in schema /,
    ],
    [
      'a section of no known type',
      [apis('sql'), { type: 'oauth' }],
      /Grants The property '#\/1\/type' value "oauth" did not match one of the following values: apis, database, dataservices, user, data-observatory in schema /,
    ],
    [
      'a section without a type',
      [apis('sql'), { tables: [] }],
      /Grants The property '#\/1' did not contain a required property of 'type' in schema /,
    ],
    [
      '180: a member that is not known',
      [apis('sql'), { type: 'dataservices', services: [], more: 1 }],
      /Grants The property '#\/1' contains additional properties \["more"\] outside of the schema when none are allowed in schema /,
    ],
    [
      'a table entry of one unknown member',
      [apis('sql'), { type: 'database', tables: [{ t: 'x' }] }],
      /Grants The property '#\/1\/tables\/0' did not contain a required property of 'schema' in schema .*contains additional properties \["t"\]/,
    ],
    [
      'a table without permissions',
      [apis('sql'), { type: 'database', tables: [{ schema: 'public', name: 'parcels' }] }],
      /'#\/1\/tables\/0' did not contain a required property of 'permissions'/,
    ],
    ['a verb in capitals', [apis('sql'), database({ parcels: ['SELECT'] })], /value "SELECT"/],
    ['the verb truncate', [apis('sql'), database({ parcels: ['truncate'] })], /value "truncate"/],
    ['the verb usage', [apis('sql'), database({ parcels: ['usage'] })], /value "usage"/],
    [
      'tables that are null',
      [apis('sql'), { type: 'database', tables: null }],
      /The property '#\/1\/tables' of type NilClass did not match the following type: array/,
    ],
    [
      'table_metadata that is null',
      [apis('sql'), { type: 'database', table_metadata: null }],
      /The property '#\/1\/table_metadata' of type NilClass did not match the following type: array/,
    ],
    [
      'a name that is a number',
      [apis('sql'), { type: 'database', tables: [{ schema: 'public', name: 1, permissions: [] }] }],
      /'#\/1\/tables\/0\/name' of type Integer did not match the following type: string/,
    ],
    [
      '196: the schema permission insert',
      [apis('sql'), database({}, { schemas: [{ name: 'public', permissions: ['insert'] }] })],
      /value "insert" did not match one of the following values: create in schema /,
    ],
    [
      '178: a data service that does not exist',
      [apis('sql'), { type: 'dataservices', services: ['teleport'] }],
      /value "teleport" did not match one of the following values: geocoding, routing, isolines, observatory/,
    ],
    [
      '179: one data service that does not exist',
      [apis('sql'), { type: 'dataservices', services: ['geocoding', 'teleport'] }],
      /'#\/1\/services\/1' value "teleport"/,
    ],
    ['a section that is a text', [apis('sql'), 'database'], /'#\/1' of type String/],
    ['a section that is null', [apis('sql'), null], /'#\/1' of type NilClass/],
    ['145: a table that is not there', [apis('sql'), database({ gone: ['select'] })], noTables],
    ['a table in other letters', [apis('sql'), database({ PARCELS: ['select'] })], noTables],
    [
      'a table with its schema',
      [apis('sql'), database({ 'public.parcels': ['select'] })],
      noTables,
    ],
    [
      '146: a table of the platform',
      [
        apis('sql'),
        {
          type: 'database',
          tables: [{ schema: 'cartodb', name: 'cdb_tablemetadata', permissions: ['select'] }],
        },
      ],
      noTables,
    ],
    [
      'a catalogue of PostgreSQL',
      [
        apis('sql'),
        {
          type: 'database',
          tables: [{ schema: 'pg_catalog', name: 'pg_class', permissions: ['select'] }],
        },
      ],
      noTables,
    ],
    [
      "a table of PostGIS's",
      [
        apis('sql'),
        {
          type: 'database',
          tables: [{ schema: 'postgis', name: 'spatial_ref_sys', permissions: ['select'] }],
        },
      ],
      noTables,
    ],
    ['144: a schema that is not there', [apis('sql'), database({}, creating('gone'))], noSchemas],
    [
      '149: information_schema',
      [apis('sql'), database({}, creating('information_schema'))],
      noSchemas,
    ],
    ['pg_catalog', [apis('sql'), database({}, creating('pg_catalog'))], noSchemas],
    ["PostGIS's schema", [apis('sql'), database({}, creating('postgis'))], noSchemas],
    [
      'tables before schemas, and never both',
      [apis('sql'), database({ gone: ['select'] }, creating('gone'))],
      noTables,
    ],
  ]

  test.each(refusals)('%s is refused', async (title, grants, sentence) => {
    const expected =
      typeof sentence === 'string'
        ? `Validation failed: ${sentence.replace('Validation failed: ', '')}`
        : new RegExp(`^Validation failed: .*${sentence.source}`)
    expectError(await master.create({ name: `refused ${title}`, grants }), 422, expected)
    expect((await master.show(`refused ${title}`)).status).toBe(404)
  })

  test('an apis section without its list fails while it is saved, and says so alone', async () => {
    expectError(
      await master.create({ name: 'unsaved', grants: [{ type: 'apis' }] }),
      422,
      'apis array is needed for type "apis"',
    )
  })

  const accepted: [string, unknown[], unknown[]][] = [
    ['197: a database section with no tables', [apis('sql'), { type: 'database' }], [apis('sql')]],
    ['empty lists', [apis(), database()], [apis()]],
    ['199: the API do', [apis('do')], [apis('do')]],
    ['apis in the order of the request', [apis('maps', 'sql')], [apis('maps', 'sql')]],
    [
      'data services in the order of the request',
      [apis('sql'), { type: 'dataservices', services: ['isolines', 'geocoding'] }],
      [apis('sql'), { type: 'dataservices', services: ['isolines', 'geocoding'] }],
    ],
    [
      'no data services, which are not shown',
      [apis('sql'), { type: 'dataservices', services: [] }],
      [apis('sql')],
    ],
    [
      'user data, which is not shown',
      [apis('sql'), { type: 'user', data: ['profile'] }],
      [apis('sql')],
    ],
    [
      'sections in any order, shown in the fixed one',
      [
        { type: 'data-observatory', datasets: ['a', 'b'] },
        { type: 'dataservices', services: ['routing'] },
        apis('sql'),
      ],
      [
        apis('sql'),
        { type: 'dataservices', services: ['routing'] },
        { type: 'data-observatory', datasets: ['a', 'b'] },
      ],
    ],
    [
      'members that belong to another section, without effect',
      [
        {
          ...apis('sql'),
          tables: [{ schema: 'public', name: 'parcels', permissions: ['select'] }],
        },
      ],
      [apis('sql')],
    ],
  ]

  test.each(accepted)('%s are accepted', async (title, grants, shown) => {
    const key = await created(master, title, grants)
    expect(key.grants.filter(({ type }) => type !== 'database')).toEqual(shown)
    expect(key.grants[1]).toMatchObject({ type: 'database', tables: [] })
    expect(key.grants[1]).not.toHaveProperty('table_metadata')
  })

  test('198: table_metadata is shown empty, whatever it held', async () => {
    const key = await created(master, 'metadata', [
      apis('sql'),
      database({}, { table_metadata: [{ any: 'thing' }] }),
    ])
    expect(key.grants[1]).toMatchObject({ table_metadata: [] })
  })

  test('owner is accepted and grants nothing', async () => {
    const tables = [{ schema: 'public', name: 'parcels', owner: true, permissions: ['select'] }]
    const key = await created(master, 'owner', [apis('sql'), { type: 'database', tables }])
    expect(tablesOf(key)).toEqual([
      { schema: 'public', name: 'parcels', owner: false, permissions: ['select'] },
    ])
    expect((await asKey(key, 'drop table parcels')).status).toBe(400)
  })

  test('a table named twice holds the verbs of both, each once', async () => {
    const entry = (...permissions: string[]) => ({ schema: 'public', name: 'parcels', permissions })
    const key = await created(master, 'merged', [
      apis('sql'),
      {
        type: 'database',
        tables: [entry('update', 'select', 'select'), entry('insert', 'select')],
      },
    ])
    expect(tablesOf(key)).toEqual([
      {
        schema: 'public',
        name: 'parcels',
        owner: false,
        permissions: ['insert', 'select', 'update'],
      },
    ])
  })
})

describe('what a key holds', () => {
  test('139, 140: its verbs on its tables, and nothing on others', async () => {
    await asOwner('create table writable (id integer)')
    const all = await created(master, 'all four', [
      apis('sql'),
      database({ writable: ['select', 'insert', 'update', 'delete'] }),
    ])
    for (const statement of [
      'insert into writable values (1)',
      'update writable set id = 2',
      'select * from writable',
      'delete from writable',
    ]) {
      expect((await asKey(all, statement)).status, statement).toBe(200)
    }
    await expectDenied(all, 'select * from parcels', 'table parcels')
    const some = await created(master, 'select and update', [
      apis('sql'),
      database({ writable: ['select', 'update'] }),
    ])
    expect((await asKey(some, 'update writable set id = 3')).status).toBe(200)
    await expectDenied(some, 'insert into writable values (1)', 'table writable')
    await expectDenied(some, 'delete from writable', 'table writable')
    await expectDenied(some, 'truncate writable', 'table writable')
  })

  test('a key that may insert may use the sequence of the column', async () => {
    await asOwner('create table numbered (id serial primary key, name text)')
    const key = await created(master, 'numbering', [
      apis('sql'),
      database({ numbered: ['insert'] }),
    ])
    const answer = await asKey(key, 'insert into numbered (name) values ($$a$$)')
    expect(answer.status, answer.text).toBe(200)
    expect(tablesOf(await shown('numbering')).map((table) => table.name)).toEqual(['numbered'])
  })

  test('a renamed table is shown and opened under its new name', async () => {
    await asOwner('create table before_rename (id integer)')
    const key = await created(master, 'renaming', [
      apis('sql'),
      database({ before_rename: ['select'] }),
    ])
    await asOwner('alter table before_rename rename to after_rename')
    expect(tablesOf(await shown('renaming'))).toEqual([
      { schema: 'public', name: 'after_rename', owner: false, permissions: ['select'] },
    ])
    expect((await asKey(key, 'select * from after_rename')).status).toBe(200)
  })

  test('161: a dropped table is no longer shown, and the key lives', async () => {
    await asOwner('create table to_drop (id integer)')
    const key = await created(master, 'dropping', [apis('sql'), database({ to_drop: ['select'] })])
    await asOwner('drop table to_drop')
    expect(tablesOf(await shown('dropping'))).toEqual([])
    expect((await asKey(key, 'select 1')).status).toBe(200)
  })

  test('a table that was dropped and made anew is not opened again', async () => {
    await asOwner('create table reborn (id integer)')
    const key = await created(master, 'rebirth', [apis('sql'), database({ reborn: ['select'] })])
    expect((await asKey(key, 'select * from reborn')).status).toBe(200)
    await asOwner('drop table reborn')
    await asOwner('create table reborn (id integer)')
    expect(tablesOf(await shown('rebirth'))).toEqual([])
    await expectDenied(key, 'select * from reborn', 'table reborn')
  })

  test('151: names with quotes, blanks and capitals are granted, shown and read', async () => {
    const name = `we"ird Näme; drop table "x'y`
    const quoted = `"${name.replaceAll('"', '""')}"`
    await asOwner(`create table ${quoted} as select 1 as id`)
    const key = await created(master, 'weird', [apis('sql'), database({ [name]: ['select'] })])
    expect(tablesOf(key)).toEqual([
      { schema: 'public', name, owner: false, permissions: ['select'] },
    ])
    const answer = await asKey(key, `select * from ${quoted}`)
    expect(answer.json()).toMatchObject({ rows: [{ id: 1 }] })
  })

  test('152: views and materialized views are granted and shown; the table below stays shut', async () => {
    await asOwner('create table below (id integer, secret text)')
    await asOwner('create view above as select id from below')
    await asOwner('create materialized view copied as select id from below')
    const key = await created(master, 'views', [
      apis('sql'),
      database({ above: ['select'], copied: ['select'] }),
    ])
    expect(tablesOf(key)).toEqual([
      { schema: 'public', name: 'above', owner: false, permissions: ['select'] },
      { schema: 'public', name: 'copied', owner: false, permissions: ['select'] },
    ])
    expect((await asKey(key, 'select * from above')).status).toBe(200)
    expect((await asKey(key, 'select * from copied')).status).toBe(200)
    await expectDenied(key, 'select * from below', 'table below')
  })

  test('tables of other schemas: usage comes with the table', async () => {
    await asOwner('create schema survey')
    await asOwner('create table survey.plots (id integer)')
    await asOwner('create table survey.hidden (id integer)')
    const tables = [{ schema: 'survey', name: 'plots', permissions: ['select'] }]
    const key = await created(master, 'other schema', [apis('sql'), { type: 'database', tables }])
    expect(tablesOf(key)).toEqual([
      { schema: 'survey', name: 'plots', owner: false, permissions: ['select'] },
    ])
    expect(schemasOf(key)).toEqual([
      { name: 'information_schema', permissions: ['usage'] },
      { name: 'public', permissions: ['usage'] },
      { name: 'survey', permissions: ['usage'] },
    ])
    expect((await asKey(key, 'select * from survey.plots')).status).toBe(200)
    await expectDenied(key, 'select * from survey.hidden', 'table hidden')
  })

  test('a table with no verb opens its schema and nothing in it', async () => {
    await asOwner('create schema looked_at')
    await asOwner('create table looked_at.thing (id integer)')
    const tables = [{ schema: 'looked_at', name: 'thing', permissions: [] }]
    const key = await created(master, 'looking', [apis('sql'), { type: 'database', tables }])
    expect(tablesOf(key)).toEqual([])
    expect(schemasOf(key).map((schema) => schema.name)).toContain('looked_at')
    await expectDenied(key, 'select * from looked_at.thing', 'table thing')
  })

  test('29, 141, 153: what a key makes is its own, with all seven privileges', async () => {
    const key = await created(master, 'maker', [apis('sql'), database({}, creating('public'))])
    expect(schemasOf(key)).toEqual([
      { name: 'information_schema', permissions: ['usage'] },
      { name: 'public', permissions: ['create', 'usage'] },
    ])
    for (const statement of [
      'create table made (id integer)',
      'insert into made values (1)',
      'alter table made add column name text',
      'create table made_too (id integer)',
      'drop table made_too',
    ]) {
      const answer = await asKey(key, statement)
      expect(answer.status, `${statement}: ${answer.text}`).toBe(200)
    }
    expect(tablesOf(await shown('maker'))).toEqual([
      {
        schema: 'public',
        name: 'made',
        owner: true,
        permissions: ['delete', 'insert', 'references', 'select', 'trigger', 'truncate', 'update'],
      },
    ])
  })

  test('142, 143: the owner may drop what a key made, and inherits the rest of it', async () => {
    const key = await created(master, 'testator', [apis('sql'), database({}, creating('public'))])
    for (const name of ['legacy_a', 'legacy_b']) {
      expect((await asKey(key, `create table ${name} (id integer)`)).status).toBe(200)
      expect((await asKey(key, `insert into ${name} values (7)`)).status).toBe(200)
    }
    await asOwner('drop table legacy_a')
    expect((await master.remove('testator')).status).toBe(204)
    const answer = await sql(postern, 'alice', 'select id from legacy_b', alice.master_key)
    expect(answer.json()).toMatchObject({ rows: [{ id: 7 }] })
    await asOwner('alter table legacy_b rename to inherited')
    await asOwner('drop table inherited')
  })

  test('what one key made can be granted to another', async () => {
    const maker = await created(master, 'lender', [apis('sql'), database({}, creating('public'))])
    expect((await asKey(maker, 'create table lent (id integer)')).status).toBe(200)
    const reader = await created(master, 'borrower', [apis('sql'), database({ lent: ['select'] })])
    expect(tablesOf(reader)).toEqual([
      { schema: 'public', name: 'lent', owner: false, permissions: ['select'] },
    ])
    expect((await asKey(reader, 'select * from lent')).status).toBe(200)
    expect((await master.remove('lender')).status).toBe(204)
    expect((await asKey(reader, 'select * from lent')).status).toBe(200)
  })

  test('148, 150: a key without create makes nothing anywhere', async () => {
    const key = await created(master, 'no maker', [apis('sql'), database({ parcels: ['select'] })])
    await expectDenied(key, 'create table no_way (id integer)', 'schema public')
    const maker = await created(master, 'public maker', [
      apis('sql'),
      database({}, creating('public')),
    ])
    for (const schema of ['information_schema', 'pg_catalog', 'postgis']) {
      const answer = await asKey(maker, `create table ${schema}.no_way (id integer)`)
      expect(answer.status, answer.text).toBe(403)
    }
  })

  test('163, 164: create on a schema is shown while there is the schema', async () => {
    await asOwner('create schema brief')
    const key = await created(master, 'brief maker', [apis('sql'), database({}, creating('brief'))])
    expect(schemasOf(key)).toContainEqual({ name: 'brief', permissions: ['create', 'usage'] })
    await asOwner('drop schema brief')
    expect(schemasOf(await shown('brief maker')).map((schema) => schema.name)).not.toContain(
      'brief',
    )
  })

  test('160, 163: what the owner grants in SQL is shown', async () => {
    const key = await created(master, 'by hand', [apis('sql')])
    const answer = await asKey(key, 'select current_user::text as role')
    const role = answer.json<{ rows: { role: string }[] }>().rows[0]?.role
    await asOwner(`grant select, update on roads to "${role}"`)
    await asOwner(`grant create on schema public to "${role}"`)
    expect(tablesOf(await shown('by hand'))).toEqual([
      { schema: 'public', name: 'roads', owner: false, permissions: ['select', 'update'] },
    ])
    expect(schemasOf(await shown('by hand'))).toContainEqual({
      name: 'public',
      permissions: ['create', 'usage'],
    })
    await asOwner(`revoke all on roads from "${role}"`)
    expect(tablesOf(await shown('by hand'))).toEqual([])
  })

  test('what everybody may read is not shown as a key’s own', async () => {
    await asOwner('create table for_all (id integer)')
    const answer = await sql(postern, 'alice', 'select current_user::text as role')
    const role = answer.json<{ rows: { role: string }[] }>().rows[0]?.role
    await asOwner(`grant select on for_all to "${role}"`)
    const key = await created(master, 'inheriting', [apis('sql')])
    expect((await asKey(key, 'select * from for_all')).status).toBe(200)
    expect(tablesOf(key)).toEqual([])
    const own = authApi(postern, 'alice', 'default_public')
    expect(tablesOf((await own.show('Default public')).json<ApiKey>())).toEqual([])
  })

  test('tables in the order of their names, and of a key by the key itself', async () => {
    for (const name of ['zebra', 'aardvark', 'moose'])
      await asOwner(`create table ${name} (id int)`)
    const key = await created(master, 'zoo', [
      apis('sql'),
      database({ zebra: ['select'], aardvark: ['delete', 'select'], moose: ['insert'] }),
    ])
    const self = await authApi(postern, 'alice', key.token).show('zoo')
    expect(self.json()).toEqual(key)
    expect(tablesOf(key).map((table) => table.name)).toEqual(['aardvark', 'moose', 'zebra'])
  })

  test("189, 190: another account's tables and schemas are not there to be granted", async () => {
    const theirs = 'create table bobs_table (id integer)'
    expect((await sql(postern, 'bob', theirs, bob.master_key)).status).toBe(200)
    const body = { name: 'theft', grants: [apis('sql'), database({ bobs_table: ['select'] })] }
    expectError(await master.create(body), 422, noTables)
  })
})

async function expectDenied(key: ApiKey, statement: string, what: string): Promise<void> {
  const answer = await asKey(key, statement)
  expect(answer.status, answer.text).toBe(403)
  expect(answer.json()).toEqual({ error: [`permission denied for ${what}`] })
}
