import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createAccount, createKey, runAs, table } from '../../test/account.ts'
import { createInstallation, type TestInstallation } from '../../test/installation.ts'
import type { Account } from '../store/accounts.ts'
import type { ApiKey } from '../store/api-keys.ts'
import { type EffectiveGrants, readEffectiveGrants } from './effective-grants.ts'

let installation: TestInstallation
let account: Account

beforeAll(async () => {
  installation = await createInstallation()
  account = await createAccount(installation)
})

afterAll(() => installation.close())

beforeEach(() =>
  asOwner(
    'drop table if exists cities, roads, streets cascade',
    'create table cities (id serial)',
    'create table roads (id int)',
    `grant select on roads to "${account.publicRole}"`,
  ),
)

const asOwner = (...statements: string[]) =>
  runAs(installation, { ...account, role: account.ownerRole }, ...statements)

async function readOne(key: ApiKey): Promise<EffectiveGrants | undefined> {
  return (await readEffectiveGrants(installation.admin, { ...account, roles: [key.role] })).get(
    key.role,
  )
}

describe('readEffectiveGrants', () => {
  it("lists tables sorted, verbs sorted, and nothing of the public role's", async () => {
    const key = await createKey(installation, account, {
      tables: [table('cities', 'update', 'select', 'insert', 'delete')],
    })
    expect(await readOne(key)).toEqual({
      tables: [
        {
          schema: 'public',
          name: 'cities',
          owner: false,
          permissions: ['delete', 'insert', 'select', 'update'],
        },
      ],
      schemas: [
        { name: 'information_schema', permissions: ['usage'] },
        { name: 'public', permissions: ['usage'] },
      ],
    })
  })

  it('shows the new name of a renamed table, and no dropped one', async () => {
    const key = await createKey(installation, account, {
      tables: [table('cities', 'select'), table('roads', 'select')],
    })
    await asOwner('alter table roads rename to streets', 'drop table cities')
    expect((await readOne(key))?.tables.map(({ name }) => name)).toEqual(['streets'])
  })

  it('shows what the key made as its own, with all seven privileges', async () => {
    const key = await createKey(installation, account, {
      schemas: [{ name: 'public', permissions: ['create'] }],
    })
    await runAs(installation, { ...account, role: key.role }, 'create table mine (id int)')
    expect(await readOne(key)).toMatchObject({
      tables: [
        {
          name: 'mine',
          owner: true,
          permissions: [
            'delete',
            'insert',
            'references',
            'select',
            'trigger',
            'truncate',
            'update',
          ],
        },
      ],
      schemas: [
        { name: 'information_schema', permissions: ['usage'] },
        { name: 'public', permissions: ['create', 'usage'] },
      ],
    })
  })

  it('shows views and materialized views, and what the owner granted by hand', async () => {
    await asOwner(
      'create view cities_view as select * from cities',
      'create materialized view cities_copy as select * from cities',
    )
    const key = await createKey(installation, account, {
      tables: [table('cities_view', 'select'), table('cities_copy', 'select')],
    })
    await asOwner(`grant select on cities to "${key.role}"`)
    expect((await readOne(key))?.tables.map(({ name }) => name)).toEqual([
      'cities',
      'cities_copy',
      'cities_view',
    ])
  })

  it('reads many keys at once, each for itself, and an absent one as holding nothing', async () => {
    const reader = await createKey(installation, account, { tables: [table('cities', 'select')] })
    const other = await createKey(installation, account, {})
    const grants = await readEffectiveGrants(installation.admin, {
      ...account,
      roles: [reader.role, other.role, 'absent'],
    })
    expect(grants.get(reader.role)?.tables).toHaveLength(1)
    expect(grants.get(other.role)?.tables).toEqual([])
    expect(grants.get('absent')).toEqual({ tables: [], schemas: [] })
  })
})
