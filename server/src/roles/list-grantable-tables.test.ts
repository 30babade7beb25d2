import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAccount, createKey, runAs } from '../../test/account.ts'
import { createInstallation, type TestInstallation } from '../../test/installation.ts'
import type { Account } from '../store/accounts.ts'
import { quoteIdentifier } from '../store/quote-identifier.ts'
import { listCreatableSchemas, listGrantableTables } from './list-grantable-tables.ts'

let installation: TestInstallation
let account: Account

beforeAll(async () => {
  installation = await createInstallation()
  account = await createAccount(installation)
  await runAs(
    installation,
    { ...account, role: account.ownerRole },
    'create table "Cities" (id int)',
    `grant select on "Cities" to ${quoteIdentifier(account.publicRole)}`,
    'create view cities_view as select * from "Cities"',
    'create view cities_count as select count(*) from "Cities"',
    'create materialized view cities_kept as select * from "Cities"',
  )
  // What somebody else owns and shares, and what they keep.
  const owner = quoteIdentifier(account.ownerRole)
  await installation.admin.on(account.database).query(`
    create schema others; grant usage on schema others to ${owner};
    create table others.shared (id int); grant select, insert on others.shared to ${owner};
    create table others.kept (id int)`)
  const maker = await createKey(installation, account, {
    schemas: [{ name: 'public', permissions: ['create'] }],
  })
  await runAs(
    installation,
    { database: account.database, role: maker.role },
    'create table made_by_key (id int)',
  )
})

afterAll(() => installation.close())

const list = async (search = '', limit = 100, offset = 0) => {
  const { total, tables } = await listGrantableTables(installation.admin, account, {
    search,
    limit,
    offset,
  })
  return { total, names: tables.map(({ schema, name }) => `${schema}.${name}`), tables }
}

describe('what can be granted', () => {
  it('is what the owner role holds something on, with what can be done to it', async () => {
    const { tables } = await list()
    const all = ['select', 'insert', 'update', 'delete']
    expect(tables).toEqual([
      { schema: 'public', name: 'Cities', kind: 'table', isPublic: true, verbs: all },
      {
        schema: 'public',
        name: 'cities_count',
        kind: 'view',
        isPublic: false,
        verbs: ['select'],
      },
      {
        schema: 'public',
        name: 'cities_kept',
        kind: 'materialized view',
        isPublic: false,
        verbs: ['select'],
      },
      { schema: 'public', name: 'cities_view', kind: 'view', isPublic: false, verbs: all },
      { schema: 'public', name: 'made_by_key', kind: 'table', isPublic: false, verbs: all },
      {
        schema: 'others',
        name: 'shared',
        kind: 'table',
        isPublic: false,
        verbs: ['select', 'insert'],
      },
    ])
  })

  it('is found by a part of its name, in any case, and given in pages', async () => {
    expect(await list('CITIES_')).toMatchObject({ total: 3 })
    expect((await list('others.sh')).names).toEqual(['others.shared'])
    expect((await list('%')).names).toEqual([])
    const second = await list('cities', 2, 2)
    expect(second).toMatchObject({ total: 4, names: ['public.cities_kept', 'public.cities_view'] })
  })

  it('is a schema where the owner role may make tables', async () => {
    expect(await listCreatableSchemas(installation.admin, account)).toEqual(['public'])
  })
})
