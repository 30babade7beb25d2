import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createControlDatabase, type TestControlDatabase } from '../../test/control-database.ts'
import { insertTestAccount } from '../../test/credentials.ts'
import { newRingKey } from '../token/key-ring.ts'
import { insertAccountUser } from './account-users.ts'
import {
  type AccountState,
  deleteAccountRow,
  findAccountById,
  findActiveAccount,
  listAbandonedAccounts,
  listAccounts,
  lockAccount,
  updateAccountState,
} from './accounts.ts'
import { listAllApiKeys } from './api-keys.ts'
import { inTransaction } from './database.ts'

const ringKey = newRingKey(randomBytes)
const ring = { current: ringKey, keys: [ringKey] }
let control: TestControlDatabase

beforeAll(async () => {
  control = await createControlDatabase()
})

afterAll(() => control.close())
afterEach(() => control.store.query('delete from account'))

const insert = (name: string, state: AccountState = 'active') =>
  insertTestAccount(control.store, ring, { name, state })

describe('an account', () => {
  it('is read as it was written', async () => {
    const account = await insert('demo')
    expect(await findActiveAccount(control.store, 'demo')).toEqual(account)
    expect(await findAccountById(control.store, account.id)).toEqual(account)
  })

  it('is found by requests only while it is active', async () => {
    for (const state of ['pending', 'deleting'] as const) {
      const account = await insert(state, state)
      expect(await findActiveAccount(control.store, state)).toBeUndefined()
      expect(await findAccountById(control.store, account.id)).toEqual(account)
    }
  })

  it('is not found by another name, or another id', async () => {
    await insert('demo')
    for (const name of ['Demo', 'demo ', 'dem', '', "demo' or true--"]) {
      expect(await findActiveAccount(control.store, name)).toBeUndefined()
    }
    expect(await findAccountById(control.store, randomUUID())).toBeUndefined()
  })

  it.each(['Demo', '-demo', 'demo-', 'de mo', '', 'a'.repeat(64), 'démo', 'demo\n'])(
    'is refused by the database under the name %j',
    async (name) => {
      await expect(insert(name)).rejects.toMatchObject({ code: '23514' })
    },
  )

  it('shares its name, its database and its roles with no other', async () => {
    const first = await insert('demo')
    const second = { ...first, id: randomUUID(), name: 'other' }
    for (const [column, value] of Object.entries({
      name: { name: first.name, database: 'd', ownerRole: 'o', publicRole: 'p' },
      database: { database: first.database, ownerRole: 'o', publicRole: 'p' },
      owner_role: { ownerRole: first.ownerRole, database: 'd', publicRole: 'p' },
      public_role: { publicRole: first.publicRole, database: 'd', ownerRole: 'o' },
    })) {
      await expect(
        insertTestAccount(control.store, ring, { ...second, ...value }),
      ).rejects.toMatchObject({ code: '23505', constraint: `account_${column}_key` })
    }
  })

  it('takes its keys and its users with it', async () => {
    const account = await insert('demo')
    await insertAccountUser(control.store, {
      id: randomUUID(),
      accountId: account.id,
      name: 'demo',
      email: null,
      level: 'owner',
      passwordHash: '$argon2id$…',
      createdAt: account.createdAt,
      updatedAt: account.createdAt,
    })
    await deleteAccountRow(control.store, account.id)
    expect(await findAccountById(control.store, account.id)).toBeUndefined()
    expect(await listAllApiKeys(control.store, account.id)).toEqual([])
    expect((await control.store.query('select from account_user')).rowCount).toBe(0)
  })
})

describe('accounts', () => {
  it('are listed by state, in the order of their names', async () => {
    for (const name of ['b', 'a', 'c']) await insert(name)
    const pending = await insert('p', 'pending')
    await updateAccountState(control.store, pending.id, 'deleting')
    const names = async (...states: AccountState[]) =>
      (await listAccounts(control.store, states)).map(({ name }) => name)
    expect(await names('active')).toEqual(['a', 'b', 'c'])
    expect(await names('pending', 'deleting')).toEqual(['p'])
    expect(await names()).toEqual([])
  })

  it('are abandoned when nobody is working on them', async () => {
    const [held, abandoned] = [await insert('held', 'pending'), await insert('left', 'pending')]
    await inTransaction(control.store, async (maker) => {
      await lockAccount(maker, held.id)
      const found = await inTransaction(control.store, (healer) =>
        listAbandonedAccounts(healer, ['pending']),
      )
      expect(found).toEqual([abandoned])
    })
  })
})
