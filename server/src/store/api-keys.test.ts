import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createControlDatabase, type TestControlDatabase } from '../../test/control-database.ts'
import { insertTestAccount, insertTestKey } from '../../test/credentials.ts'
import { type KeyRing, newRingKey, tokenIndex } from '../token/key-ring.ts'
import { type Account, updateAccountState } from './accounts.ts'
import {
  type ApiKeyOrder,
  countApiKeys,
  countCreatingApiKeys,
  deleteApiKeyRow,
  findApiKeyByName,
  findApiKeyByTokenIndex,
  findDefaultApiKey,
  findDeletingApiKey,
  findRolePassword,
  listAbandonedApiKeys,
  listAllApiKeys,
  listApiKeys,
  listApiKeysSealedOtherwise,
  lockApiKey,
  updateApiKeySecrets,
  updateApiKeyState,
  updateApiKeyToken,
} from './api-keys.ts'
import { inTransaction } from './database.ts'
import { getEpoch, insertRevocation } from './epochs.ts'
import { insertApiKeyGroupRoles } from './group-roles.ts'
import { deleteOtherSecretKeys, insertSecretKeys } from './secret-keys.ts'

const ringOf = (): KeyRing => {
  const key = newRingKey(randomBytes)
  return { current: key, keys: [key] }
}
const ring = ringOf()
let control: TestControlDatabase
let account: Account

beforeAll(async () => {
  control = await createControlDatabase()
})

afterAll(() => control.close())

beforeEach(async () => {
  await control.store.query('delete from account')
  account = await insertTestAccount(control.store, ring)
})

const newKey = (changes = {}) => insertTestKey(control.store, ring, account, changes)
const findByToken = (token: string, ...keys: KeyRing['keys'][number][]) =>
  findApiKeyByTokenIndex(
    control.store,
    (keys.length > 0 ? keys : ring.keys).map((key) => tokenIndex(key, token)),
  )

describe('a key', () => {
  it('is found by the index of its token, with its account and the epoch of this view', async () => {
    const { key, token } = await newKey()
    expect(await findByToken(token)).toEqual({
      ...key,
      accountName: account.name,
      engineEnabled: true,
      masterOnData: true,
      requestsPerSecond: null,
      database: account.database,
      epoch: await getEpoch(control.store),
    })
    expect(await findByToken(`${token}x`)).toBeUndefined()
    expect(await findByToken(token, newRingKey(randomBytes))).toBeUndefined()
    expect(await findByToken(token, newRingKey(randomBytes), ring.current)).toBeDefined()
  })

  it('tells an epoch that is never older than what was read with it', async () => {
    const { key, token } = await newKey()
    await inTransaction(control.store, async (transaction) => {
      await updateApiKeyState(transaction, key.id, 'deleting')
      const revocation = {
        kind: 'api_key',
        accountId: null,
        credentialId: key.id,
        roles: [],
      } as const
      await insertRevocation(transaction, revocation)
      // Not committed: the view is the one of before, and says so.
      const before = await findByToken(token)
      expect(before?.epoch).toBe(await getEpoch(control.store))
    })
    expect(await findByToken(token)).toBeUndefined()
  })

  it('is no longer found once it, or its account, is not active', async () => {
    const { key, token } = await newKey()
    await updateApiKeyState(control.store, key.id, 'deleting')
    expect(await findByToken(token)).toBeUndefined()
    await updateApiKeyState(control.store, key.id, 'active')
    await updateAccountState(control.store, account.id, 'deleting')
    expect(await findByToken(token)).toBeUndefined()
    expect(await findDefaultApiKey(control.store, account.name)).toBeUndefined()
  })

  it('is found by its name, exactly as that is written, in its own account', async () => {
    const other = await insertTestAccount(control.store, ring)
    const { key } = await newKey({ name: 'My key' })
    expect(await findApiKeyByName(control.store, account.id, 'My key')).toMatchObject(key)
    for (const name of ['my key', 'My key ', 'My%', '']) {
      expect(await findApiKeyByName(control.store, account.id, name)).toBeUndefined()
    }
    expect(await findApiKeyByName(control.store, other.id, 'My key')).toBeUndefined()
  })

  it('gives its name free as soon as it is being deleted', async () => {
    const first = await newKey({ name: 'Taken' })
    await expect(newKey({ name: 'Taken' })).rejects.toMatchObject({ constraint: 'api_key_name' })
    await updateApiKeyState(control.store, first.key.id, 'deleting')
    const second = await newKey({ name: 'Taken' })
    expect((await findApiKeyByName(control.store, account.id, 'Taken'))?.id).toBe(second.key.id)
    expect((await findDeletingApiKey(control.store, account.id, 'Taken'))?.id).toBe(first.key.id)
  })

  it('changes its state once, and says whether it did', async () => {
    const { key } = await newKey()
    expect(await updateApiKeyState(control.store, key.id, 'deleting')).toBe(true)
    expect(await updateApiKeyState(control.store, key.id, 'deleting')).toBe(false)
    await deleteApiKeyRow(control.store, key.id)
    expect(await updateApiKeyState(control.store, key.id, 'deleting')).toBe(false)
  })

  it('takes a new token while it is active, and then the old one finds nothing', async () => {
    const { key, token } = await newKey()
    const next = {
      secretKeyId: ring.current.id,
      tokenIndex: tokenIndex(ring.current, 'another token'),
      tokenEnvelope: Buffer.from('envelope'),
      passwordEnvelope: Buffer.from('password'),
      updatedAt: new Date('2026-02-02T00:00:00Z'),
    }
    expect(await updateApiKeyToken(control.store, key.id, next)).toBe(true)
    expect(await findByToken(token)).toBeUndefined()
    expect(await findByToken('another token')).toMatchObject({
      id: key.id,
      updatedAt: next.updatedAt,
    })
    await updateApiKeyState(control.store, key.id, 'deleting')
    expect(await updateApiKeyToken(control.store, key.id, next)).toBe(false)
  })

  it('has a role of its own, whose password is found while it is active', async () => {
    const { key } = await newKey()
    await expect(newKey({ role: key.role })).rejects.toMatchObject({
      constraint: 'api_key_role_key',
    })
    expect(await findRolePassword(control.store, key.role)).toMatchObject({
      apiKeyId: key.id,
      secretKeyId: ring.current.id,
    })
    await updateApiKeyState(control.store, key.id, 'deleting')
    expect(await findRolePassword(control.store, key.role)).toBeUndefined()
    expect(await findRolePassword(control.store, 'postgres')).toBeUndefined()
  })

  it('is the only master key, or default key, of its account', async () => {
    await newKey({ type: 'master' })
    for (const type of ['master', 'default']) {
      await expect(newKey({ type })).rejects.toMatchObject({ constraint: 'api_key_builtin' })
    }
  })
})

describe('the list of keys', () => {
  const list = async (order: ApiKeyOrder, limit = 100, offset = 0, types = allTypes) =>
    (await listApiKeys(control.store, { accountId: account.id, types, order, limit, offset })).map(
      ({ name }) => name,
    )
  const allTypes = ['master', 'default', 'regular'] as const

  beforeEach(async () => {
    const day = (number: number) => new Date(Date.UTC(2026, 0, number))
    await control.store.query(`update api_key set name = 'Default public'`)
    await newKey({ name: 'b', updatedAt: day(3) })
    await newKey({ name: 'Master', type: 'master' })
    await newKey({ name: 'a', updatedAt: day(2) })
    await newKey({ name: 'c', updatedAt: day(1) })
    await newKey({ name: 'pending', state: 'pending' })
    await newKey({ name: 'deleting', state: 'deleting' })
    await insertTestAccount(control.store, ring)
  })

  it('has master first, then default, then regular keys in the order asked for', async () => {
    expect(await list('name')).toEqual(['Master', 'Default public', 'a', 'b', 'c'])
    expect(await list('updated_at')).toEqual(['Master', 'Default public', 'c', 'a', 'b'])
  })

  it('comes in pages, of the types asked for', async () => {
    expect(await list('name', 2, 1)).toEqual(['Default public', 'a'])
    expect(await list('name', 2, 4)).toEqual(['c'])
    const regular = ['regular'] as unknown as typeof allTypes
    expect(await list('name', 10, 0, regular)).toEqual(['a', 'b', 'c'])
  })

  it('is counted without what is not active', async () => {
    expect(await countApiKeys(control.store, account.id, allTypes)).toBe(5)
    expect(await countApiKeys(control.store, account.id, ['regular'])).toBe(3)
    expect(await listAllApiKeys(control.store, account.id)).toHaveLength(7)
  })
})

describe('keys that may create', () => {
  it('are counted once each, while they are not being deleted', async () => {
    const keys = [await newKey(), await newKey(), await newKey({ state: 'pending' })]
    const group = (role: string, kind: 'schema_create' | 'table') => ({
      role,
      kind,
      objectOid: kind === 'table' ? 1 : Number(role.slice(-1)),
      privileges: kind === 'table' ? 'select' : 'create',
    })
    const groups = [group('g1', 'schema_create'), group('g2', 'schema_create'), group('t', 'table')]
    for (const { key } of keys) {
      await insertApiKeyGroupRoles(
        control.store,
        { accountId: account.id, apiKeyId: key.id },
        groups,
      )
    }
    const reader = await newKey()
    await insertApiKeyGroupRoles(
      control.store,
      { accountId: account.id, apiKeyId: reader.key.id },
      groups.slice(2),
    )
    expect(await countCreatingApiKeys(control.store, account.id)).toBe(3)
    await updateApiKeyState(control.store, keys[0]?.key.id ?? '', 'deleting')
    expect(await countCreatingApiKeys(control.store, account.id)).toBe(2)
  })
})

describe('keys that were abandoned', () => {
  it('are those that nobody is working on', async () => {
    const [held, left] = [await newKey({ state: 'pending' }), await newKey({ state: 'pending' })]
    await inTransaction(control.store, async (maker) => {
      await lockApiKey(maker, held.key.id)
      const found = await inTransaction(control.store, (healer) =>
        listAbandonedApiKeys(healer, ['pending', 'deleting']),
      )
      expect(found).toEqual([left.key])
    })
  })
})

describe('the key-ring keys in use', () => {
  it('cannot be retired while something is sealed with them', async () => {
    const newer = ringOf()
    await insertSecretKeys(control.store, [newer.current.id, newer.current.id])
    const { key } = await newKey()
    await expect(deleteOtherSecretKeys(control.store, newer.current.id)).rejects.toMatchObject({
      code: '23503',
    })

    const sealed = await listApiKeysSealedOtherwise(control.store, newer.current.id, 10)
    expect(sealed.map(({ id }) => id)).toContain(key.id)
    expect(await listApiKeysSealedOtherwise(control.store, newer.current.id, 1)).toHaveLength(1)
    for (const { id, ...secrets } of sealed) {
      const anew = { ...secrets, secretKeyId: newer.current.id }
      const others = { ...secrets, passwordEnvelope: Buffer.from('written since') }
      expect(await updateApiKeySecrets(control.store, id, others, anew)).toBe(false)
      expect(await updateApiKeySecrets(control.store, id, secrets, anew)).toBe(true)
    }
    expect(await listApiKeysSealedOtherwise(control.store, newer.current.id, 10)).toEqual([])
    await deleteOtherSecretKeys(control.store, newer.current.id)
    await expect(newKey()).resolves.toBeDefined()
  })

  it('must be known before anything is sealed with one', async () => {
    const { key } = await newKey()
    const read = await findApiKeyByName(control.store, account.id, key.name)
    if (read === undefined) throw new Error('The key has gone.')
    await expect(
      updateApiKeySecrets(control.store, key.id, read, {
        secretKeyId: 'unknown',
        tokenIndex: undefined,
        tokenEnvelope: undefined,
        passwordEnvelope: Buffer.alloc(0),
      }),
    ).rejects.toMatchObject({ code: '23503' })
  })
})
