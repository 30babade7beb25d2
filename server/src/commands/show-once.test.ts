import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createControlDatabase, type TestControlDatabase } from '../../test/control-database.ts'
import { insertTestAccount, insertTestKey } from '../../test/credentials.ts'
import { untilLocksAreAwaited } from '../../test/until-locks-are-awaited.ts'
import { controlContext, createTestUser } from '../../test/users.ts'
import {
  type AccessToken,
  type AccessTokenSecrets,
  findAccessToken,
  findAccessTokenByIndex,
  insertAccessToken,
  updateAccessTokenSecrets,
} from '../store/access-tokens.ts'
import { type Account, lockAccountSettings } from '../store/accounts.ts'
import {
  type ApiKey,
  type ApiKeySecrets,
  findApiKeyByName,
  findApiKeyByTokenIndex,
  insertApiKey,
  updateApiKeySecrets,
} from '../store/api-keys.ts'
import { inTransaction } from '../store/database.ts'
import { type KeyRing, newRingKey, tokenIndex } from '../token/key-ring.ts'
import { defaultPublicToken, mintToken } from '../token/token.ts'
import { sealAccessToken } from './access-token-secrets.ts'
import { sealApiKeySecrets } from './api-key-secrets.ts'
import type { CommandContext } from './context.ts'
import { getMasterToken } from './get-master-token.ts'
import { insertWithinQuota } from './insert-within-quota.ts'
import { rotateSecrets } from './rotate-secrets.ts'
import { setAccount } from './set-account.ts'
import { viewAccessTokens } from './view-access-tokens.ts'
import { openApiKeys } from './view-api-keys.ts'

const everything = { mayKnowToken: () => true }
let control: TestControlDatabase
let context: CommandContext
let ring: KeyRing
let account: Account

beforeAll(async () => {
  control = await createControlDatabase()
  const current = newRingKey(randomBytes)
  ring = { current, keys: [current] }
  context = {
    ...controlContext(control.store, ring),
    keyRing: () => ring,
    admin: { cluster: control.store } as unknown as CommandContext['admin'],
  }
})
afterAll(() => control.close())

beforeEach(async () => {
  await control.store.query('delete from access_token')
  await control.store.query('delete from account')
  account = await insertTestAccount(control.store, ring)
})

describe('switched on, show once', () => {
  it('leaves nothing of any token of the account that could be shown again', async () => {
    const { key } = await insertTestKey(control.store, ring, account)
    const { key: master } = await insertTestKey(control.store, ring, account, {
      type: 'master',
      name: 'Master',
    })
    const pending = await insertTestKey(control.store, ring, account, { state: 'pending' })
    const token = await insertToken()
    await setAccount(context, account.name, { showOnce: true })
    const { rows } = await control.store.query<{ kept: boolean }>(
      `select token_envelope is not null as kept from api_key where id = any ($1::uuid[])
       union all select token_envelope is not null from access_token where id = $2`,
      [[key.id, master.id, pending.key.id], token.id],
    )
    expect(rows).toEqual(Array.from({ length: 4 }, () => ({ kept: false })))
  })

  it('shows no token in place of one that is not kept, and the word of the default key', async () => {
    const { key } = await insertTestKey(control.store, ring, account)
    const token = await insertToken()
    await setAccount(context, account.name, { showOnce: true })
    const shown = openApiKeys(
      ring,
      [await row(key.name), await row(await defaultKeyName())],
      everything,
    )
    expect(shown.map((one) => one.token)).toEqual([null, defaultPublicToken])
    const found = await findToken(token)
    expect(await viewAccessTokens(context, [found])).toMatchObject([{ token: null }])
  })

  it('leaves what other accounts keep', async () => {
    const other = await insertTestAccount(control.store, ring)
    const { key, token } = await insertTestKey(control.store, ring, other)
    await setAccount(context, account.name, { showOnce: true })
    const [shown] = openApiKeys(ring, [await row(key.name, other)], everything)
    expect(shown?.token).toBe(token)
  })

  it('waits for a key that is being made, and has its token as well', async () => {
    const key = { id: randomUUID(), name: 'late' }
    const switching = await inTransaction(control.store, async (maker) => {
      const settings = await lockAccountSettings(maker, account.id)
      const settled = setAccount(context, account.name, { showOnce: true })
      await untilLocksAreAwaited(control.store, 1)
      expect(settings?.showOnce).toBe(false)
      await insertApiKey(maker, newKey(key), sealed(key.id))
      return { settled }
    })
    await switching.settled
    expect((await row('late')).tokenEnvelope).toBeNull()
  })

  it('keeps nothing of a key that is made later; switched off, only of those that follow', async () => {
    await setAccount(context, account.name, { showOnce: true })
    await insertKey('on')
    await setAccount(context, account.name, { showOnce: false })
    await insertKey('off')
    expect((await row('on')).tokenEnvelope).toBeNull()
    expect((await row('off')).tokenEnvelope).toBeInstanceOf(Buffer)
  })

  it('says that the master key is not kept', async () => {
    await insertTestKey(control.store, ring, account, { type: 'master', name: 'Master' })
    await setAccount(context, account.name, { showOnce: true })
    await expect(getMasterToken(context, account.name)).rejects.toMatchObject({
      code: 'token_not_kept',
    })
  })
})

describe('a rotation', () => {
  it('leaves tokens that nobody knows to be found by the key that they were, and tells of it', async () => {
    const { key, token } = await insertTestKey(control.store, ring, account)
    const accessToken = await insertToken()
    await setAccount(context, account.name, { showOnce: true })
    const before = ring.current.id
    const first = await rotate()
    const second = await rotate()
    expect([first.kept, second.kept]).toEqual([
      [{ keyId: before, tokens: 2 }],
      [{ keyId: before, tokens: 2 }],
    ])
    expect(ring.keys.map(({ id }) => id)).toEqual([second.keyId, before])
    expect((await findApiKeyByTokenIndex(control.store, indexesOf(token)))?.id).toBe(key.id)
    const found = await findAccessTokenByIndex(control.store, indexesOf(accessToken.clear))
    expect(found?.id).toBe(accessToken.id)
    // What the database logs in with is sealed anew all the same.
    expect((await row(key.name)).secretKeyId).toBe(second.keyId)

    await control.store.query('delete from api_key where id = $1', [key.id])
    await control.store.query('delete from access_token where id = $1', [accessToken.id])
    const { kept, keyId } = await rotate()
    expect({ kept, keys: ring.keys.map(({ id }) => id) }).toEqual({ kept: [], keys: [keyId] })
  })

  it('brings nothing back that was taken away since it was read', async () => {
    const { key } = await insertTestKey(control.store, ring, account)
    const token = await insertToken()
    const readKey = await row(key.name)
    const readToken = await findToken(token)
    await setAccount(context, account.name, { showOnce: true })
    const { store } = control
    expect(await updateApiKeySecrets(store, key.id, readKey, readKey)).toBe(false)
    expect(await updateAccessTokenSecrets(store, token.id, readToken, readToken)).toBe(false)
  })
})

function rotate() {
  return rotateSecrets(context, {
    read: async () => ring,
    replace: async (next) => {
      ring = next
    },
  })
}

const indexesOf = (token: string) => ring.keys.map((key) => tokenIndex(key, token))

function sealed(id: string): ApiKeySecrets {
  const clear = { token: mintToken('regular', randomBytes), password: 'a-role-password' }
  return sealApiKeySecrets(ring, id, clear, randomBytes)
}

function insertKey(name: string): Promise<void> {
  const key = newKey({ name })
  return insertWithinQuota(control.store, key, () => sealed(key.id))
}

function newKey(changes: Partial<ApiKey>): ApiKey {
  return {
    id: randomUUID(),
    accountId: account.id,
    name: 'a key',
    type: 'regular',
    state: 'active',
    role: `role_${randomUUID()}`,
    grants: {
      apis: ['sql'],
      mayWrite: false,
      tableMetadata: false,
      services: [],
      userData: [],
      datasets: [],
    },
    description: null,
    expiresAt: null,
    createdAt: new Date(),
    updatedAt: new Date(),
    ...changes,
  }
}

async function insertToken(): Promise<AccessToken & { readonly clear: string }> {
  const { user } = await createTestUser(context, account)
  const clear = mintToken('access', randomBytes)
  const token: AccessToken = {
    id: randomUUID(),
    accountId: account.id,
    userId: user.id,
    name: 'a token',
    state: 'active',
    allowedApis: ['sql'],
    referers: [],
    expiresAt: null,
    createdAt: new Date(),
    updatedAt: new Date(),
  }
  await insertAccessToken(control.store, token, sealAccessToken(ring, token.id, clear, randomBytes))
  return { ...token, clear }
}

async function findToken(token: AccessToken): Promise<AccessToken & AccessTokenSecrets> {
  const found = await findAccessToken(control.store, token, { id: token.id })
  if (found === undefined) throw new Error('The token has gone.')
  return found
}

async function row(name: string, { id } = account): Promise<ApiKey & ApiKeySecrets> {
  const found = await findApiKeyByName(control.store, id, name)
  if (found === undefined) throw new Error('The key has gone.')
  return found
}

async function defaultKeyName(): Promise<string> {
  const { rows } = await control.store.query<{ name: string }>(
    `select name from api_key where account_id = $1 and type = 'default'`,
    [account.id],
  )
  return rows[0]?.name ?? ''
}
