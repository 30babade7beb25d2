import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAccount, createKey, runAs, table } from '../../test/account.ts'
import { createInstallation, type TestInstallation } from '../../test/installation.ts'
import type { Account } from '../store/accounts.ts'
import { type RequestedGrants, refusals, resolveGrants } from './resolve-grants.ts'

let installation: TestInstallation
let account: Account

beforeAll(async () => {
  installation = await createInstallation()
  account = await createAccount(installation)
  await runAs(
    installation,
    { ...account, role: account.ownerRole },
    'create table cities (id serial)',
    'create table "Cities" (id int)',
    'create index cities_index on cities (id)',
    'create view cities_view as select * from cities',
    `create table ${'t'.repeat(63)} (id int)`,
  )
  await installation.admin
    .on(account.database)
    .query('create schema foreign_to_owner; create table foreign_to_owner.secret (id int)')
})

afterAll(() => installation.close())

const resolve = (request: Partial<RequestedGrants>) =>
  resolveGrants(installation.admin, { ...account, tables: [], schemas: [], ...request })

const refusedTable = { ok: false, message: refusals.tables }
const refusedSchema = { ok: false, message: refusals.schemas }

describe('resolveGrants', () => {
  it('finds tables by their exact names', async () => {
    const small = await resolve({ tables: [table('cities', 'select')] })
    const capital = await resolve({ tables: [table('Cities', 'select')] })
    expect(small.ok && small.resolved.tables).toHaveLength(1)
    expect(capital.ok && capital.resolved.tables).toHaveLength(1)
    expect(small).not.toEqual(capital)
    expect(await resolve({ tables: [table('CITIES', 'select')] })).toEqual(refusedTable)
  })

  it('joins several entries for one table, and sorts their verbs', async () => {
    const result = await resolve({
      tables: [table('cities', 'update', 'select'), table('cities', 'delete', 'select')],
    })
    expect(result.ok && result.resolved.tables.map(({ verbs }) => verbs)).toEqual([
      ['delete', 'select', 'update'],
    ])
  })

  it('grants use of the schema for a table that is named with no permission', async () => {
    const result = await resolve({ tables: [table('cities')] })
    expect(result.ok && result.resolved.tables).toEqual([])
    expect(result.ok && result.resolved.usageSchemas).toHaveLength(1)
  })

  it.each([
    ['a table that is not there', table('nowhere', 'select')],
    ['a table in a schema that is not there', { ...table('cities', 'select'), schema: 'nowhere' }],
    [
      "a table that is not the owner's",
      { ...table('secret', 'select'), schema: 'foreign_to_owner' },
    ],
    ['a table of PostgreSQL', { ...table('pg_class', 'select'), schema: 'pg_catalog' }],
    ['a table of the standard', { ...table('tables', 'select'), schema: 'information_schema' }],
    ['a table of PostGIS', { ...table('spatial_ref_sys', 'select'), schema: 'postgis' }],
    ['a sequence', table('cities_id_seq', 'select')],
    ['an index', table('cities_index', 'select')],
    ['a name with NUL', table('cities\0', 'select')],
    ['a name that PostgreSQL would cut to that of another', table('t'.repeat(64), 'select')],
    ['a name with a lone surrogate', table('cities\ud800', 'select')],
    ['a name that would be SQL', table(`cities'; drop table cities; --`, 'select')],
  ] as const)('refuses %s, in the same words', async (_what, asked) => {
    expect(await resolve({ tables: [asked] })).toEqual(refusedTable)
  })

  it('refuses a verb that the owner lost', async () => {
    await runAs(
      installation,
      { ...account, role: account.ownerRole },
      'create table read_only (id int)',
      `revoke insert on read_only from "${account.ownerRole}"`,
    )
    expect(await resolve({ tables: [table('read_only', 'select', 'insert')] })).toEqual(
      refusedTable,
    )
    expect(await resolve({ tables: [table('read_only', 'select')] })).toMatchObject({ ok: true })
  })

  it('does not count what is open to the public role', async () => {
    await installation.admin
      .on(account.database)
      .query(`grant usage on schema foreign_to_owner to "${account.publicRole}";
        grant select on foreign_to_owner.secret to "${account.publicRole}"`)
    const asked = { ...table('secret', 'select'), schema: 'foreign_to_owner' }
    expect(await resolve({ tables: [asked] })).toEqual(refusedTable)
  })

  it('grants what a key with `create` made: the owner has it', async () => {
    const key = await createKey(installation, account, {
      schemas: [{ name: 'public', permissions: ['create'] }],
    })
    await runAs(installation, { ...account, role: key.role }, 'create table of_the_key (id int)')
    expect(await resolve({ tables: [table('of_the_key', 'select')] })).toMatchObject({ ok: true })
  })

  it('grants creation in schemas where the owner may create', async () => {
    const result = await resolve({ schemas: [{ name: 'public', permissions: ['create'] }] })
    expect(result.ok && result.resolved.createSchemas).toHaveLength(1)
    expect(result.ok && result.resolved.usageSchemas).toEqual(
      result.ok && result.resolved.createSchemas,
    )
  })

  it.each(['nowhere', 'foreign_to_owner', 'postgis', 'pg_catalog', 'information_schema', 'a\0'])(
    'refuses creation in %j, in the same words',
    async (name) => {
      expect(await resolve({ schemas: [{ name, permissions: ['create'] }] })).toEqual(refusedSchema)
    },
  )

  it('lets an entry pass that asks for nothing, whatever schema it names', async () => {
    expect(await resolve({ schemas: [{ name: 'nowhere', permissions: [] }] })).toEqual({
      ok: true,
      resolved: { tables: [], usageSchemas: [], createSchemas: [] },
    })
  })

  it('checks tables before schemas', async () => {
    expect(
      await resolve({
        tables: [table('nowhere', 'select')],
        schemas: [{ name: 'nowhere', permissions: ['create'] }],
      }),
    ).toEqual(refusedTable)
  })
})
