import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createControlDatabase, type TestControlDatabase } from '../../test/control-database.ts'
import { insertTestAccount, insertTestKey } from '../../test/credentials.ts'
import { clientAddress } from '../../test/no-limits.ts'
import { type WatchedStore, watchStore } from '../../test/watched-store.ts'
import { AccessError } from '../errors.ts'
import { createRateLimits, type RateLimits } from '../limits/rate-limits.ts'
import type { Observation } from '../observations.ts'
import { createInFlightRequests, type InFlightRequests } from '../revocation/in-flight.ts'
import { createRevoker } from '../revocation/revoke.ts'
import { type Account, updateAccountState } from '../store/accounts.ts'
import { updateApiKeyState } from '../store/api-keys.ts'
import { getEpoch } from '../store/epochs.ts'
import { type KeyRing, newRingKey } from '../token/key-ring.ts'
import { defaultPublicToken, mintToken } from '../token/token.ts'
import { type Admission, createAuthenticate } from './authenticate.ts'
import { type CredentialCache, createCredentialCache } from './credential-cache.ts'
import type { Credential } from './read-credential.ts'

const olderKey = newRingKey(randomBytes)
const oldRing: KeyRing = { current: olderKey, keys: [olderKey] }
const newerKey = newRingKey(randomBytes)
const ring: KeyRing = { current: newerKey, keys: [newerKey, olderKey] }

let control: TestControlDatabase
let demo: Account
let other: Account

beforeAll(async () => {
  control = await createControlDatabase()
  demo = await insertTestAccount(control.store, ring, { name: 'demo' })
  other = await insertTestAccount(control.store, ring, { name: 'other' })
})

afterAll(() => control.close())

let watched: WatchedStore
let cache: CredentialCache
let inFlight: InFlightRequests
let observed: Observation[]
let node: { epoch: number; hasLease: boolean; renewed: number; canRenew: boolean }
let authenticate: (...sent: [Credential | undefined, string | undefined]) => Promise<Admission>
let limits: RateLimits
let nowMs: number

beforeEach(async () => {
  watched = watchStore(control.store)
  cache = createCredentialCache({ maxEntries: 100, processKey: randomBytes(32) })
  nowMs = Date.parse('2026-01-01T00:00:00Z')
  inFlight = createInFlightRequests({ now: () => nowMs })
  observed = []
  node = { epoch: await getEpoch(control.store), hasLease: true, renewed: 0, canRenew: true }
  limits = createRateLimits({ perSecond: 1, monotonicNow: () => 0 })
  const verify = createAuthenticate({
    store: watched.store,
    keyRing: () => ring,
    cache,
    inFlight,
    node: {
      epoch: () => node.epoch,
      hasLease: () => node.hasLease,
      async renew() {
        node.renewed += 1
        node.hasLease = node.canRenew
        return node.canRenew
      },
    },
    limits,
    now: () => nowMs,
    observe: (observation) => observed.push(observation),
  })
  authenticate = (...sent) => verify(...sent, clientAddress)
})

const send = (token: string): Credential => ({ token, place: 'query', basicUser: undefined })
const newKey = (changes = {}) => insertTestKey(control.store, ring, demo, changes)

/** Ends a key as the commands do, and takes that into effect here as a node does. */
async function revoke(credentialId: string): Promise<void> {
  await createRevoker({ store: control.store }).revoke(
    { kind: 'api_key', accountId: null, credentialId, roles: [] },
    (transaction) => updateApiKeyState(transaction, credentialId, 'deleting'),
  )
  cache.evict({ credentialId })
  inFlight.abort({ credentialId })
  node.epoch = await getEpoch(control.store)
}

describe('a token that expires', () => {
  const lifeMs = 60_000

  it('works until that moment and not from it on, also when it is cached', async () => {
    const { token } = await newKey({ expiresAt: new Date(nowMs + lifeMs) })
    nowMs += lifeMs - 1
    const { principal } = await authenticate(send(token), 'demo')
    expect(principal.expiresAtMs).toBe(nowMs + 1)
    nowMs += 1
    await expect(authenticate(send(token), 'demo')).rejects.toMatchObject({
      code: 'invalid_credential',
    })
    expect(cache.size()).toBe(1)
  })

  it('is refused from the first when it has expired before', async () => {
    const { token } = await newKey({ expiresAt: new Date(nowMs) })
    await expect(authenticate(send(token), 'demo')).rejects.toMatchObject({
      code: 'invalid_credential',
    })
    expect(inFlight.count()).toBe(0)
  })
})

describe('a token that is in use', () => {
  it('gives the one principal of its key, which cannot be changed and holds no secret', async () => {
    const grants = {
      apis: ['maps' as const],
      mayWrite: true,
      tableMetadata: false,
      services: [],
      userData: [],
      datasets: [],
    }
    const { key, token } = await newKey({ name: 'A key', grants })
    const { principal } = await authenticate(send(token), 'demo')
    expect(principal).toEqual({
      accountId: demo.id,
      accountName: 'demo',
      credentialId: key.id,
      credentialName: 'A key',
      kind: 'regular',
      allowedApis: ['maps'],
      engineEnabled: true,
      expiresAtMs: undefined,
      database: demo.database,
      role: key.role,
      issuedAtMs: key.updatedAt.getTime(),
      mayWrite: true,
    })
    expect(Object.isFrozen(principal) && Object.isFrozen(principal.allowedApis)).toBe(true)
    expect(JSON.stringify(principal)).not.toContain(token.slice(4))
  })

  it('names its account where the request names none', async () => {
    const { token } = await newKey({ type: 'master' })
    const { principal } = await authenticate(send(token), undefined)
    expect([principal.accountName, principal.kind]).toEqual(['demo', 'master'])
  })

  it('of a master key may use every API, whatever the key is shown with', async () => {
    const account = await insertTestAccount(control.store, ring)
    const { token } = await insertTestKey(control.store, ring, account, { type: 'master' })
    const { principal } = await authenticate(send(token), account.name)
    expect(principal.allowedApis).toEqual(['sql', 'maps', 'do', 'batch'])
  })

  it('of a master key that its account keeps from data may use no API of data', async () => {
    const account = await insertTestAccount(control.store, ring, { masterOnData: false })
    const { token } = await insertTestKey(control.store, ring, account, { type: 'master' })
    const { principal } = await authenticate(send(token), account.name)
    expect(principal.allowedApis).toEqual(['do'])
  })

  it('of an account whose engine is off says so', async () => {
    const account = await insertTestAccount(control.store, ring, { engineEnabled: false })
    const { token } = await insertTestKey(control.store, ring, account)
    const { principal } = await authenticate(send(token), account.name)
    expect(principal.engineEnabled).toBe(false)
  })

  it('is found by the index of an older key of the ring, too', async () => {
    const { key, token } = await insertTestKey(control.store, oldRing, demo)
    const { principal } = await authenticate(send(token), 'demo')
    expect(principal.credentialId).toBe(key.id)
  })

  it('is verified without asking the store the second time', async () => {
    const { token } = await newKey()
    const first = await authenticate(send(token), 'demo')
    expect(watched.count()).toBe(1)
    const second = await authenticate(send(token), 'demo')
    expect(watched.count()).toBe(0)
    expect(second.principal).toBe(first.principal)
    expect(observed).toEqual([
      { event: 'credential_verified', from: 'store' },
      { event: 'credential_verified', from: 'cache' },
    ])
  })

  it('makes every request one that the end of its key would end', async () => {
    const { key, token } = await newKey()
    const admissions = [
      await authenticate(send(token), 'demo'),
      await authenticate(send(token), 'demo'),
    ]
    expect(inFlight.abort({ credentialId: key.id })).toBe(2)
    expect(admissions.map((admission) => admission.inFlight.signal.aborted)).toEqual([true, true])
  })
})

describe('no credential, or an empty one', () => {
  it.each([
    ['nothing', undefined],
    ['an empty token', send('')],
    ['the literal', send(defaultPublicToken)],
  ])('is the default public key of the account that is named: %s', async (_, credential) => {
    const { principal } = await authenticate(credential, 'demo')
    expect(principal).toMatchObject({ kind: 'default', accountName: 'demo', role: demo.publicRole })
  })

  it('is refused where no account is named', async () => {
    await expect(authenticate(undefined, undefined)).rejects.toMatchObject({
      code: 'account_not_named',
    })
    await expect(authenticate(send(defaultPublicToken), undefined)).rejects.toMatchObject({
      code: 'invalid_credential',
    })
    expect(watched.count()).toBe(0)
  })
})

describe('a token is refused', () => {
  const invalid = { code: 'invalid_credential', status: 401, message: 'Unauthorized' }

  it('without asking the store when it can be none of ours', async () => {
    await authenticate(undefined, 'demo')
    watched.count()
    for (const token of ['1234', 'x'.repeat(40), mintToken('regular', randomBytes).slice(1)]) {
      await expect(authenticate(send(token), 'demo')).rejects.toMatchObject(invalid)
      await expect(authenticate(send(token), undefined)).rejects.toMatchObject(invalid)
    }
    expect(watched.count()).toBe(0)
  })

  it("as an unknown one is, when it is another account's", async () => {
    const { token } = await insertTestKey(control.store, ring, other)
    const unknown = mintToken('regular', randomBytes)
    for (let repeated = 0; repeated < 2; repeated += 1) {
      const refusals: unknown[] = []
      for (const sent of [token, unknown]) {
        watched.count()
        const refusal = await authenticate(send(sent), 'demo').catch((error: unknown) => error)
        expect(refusal).toBeInstanceOf(AccessError)
        const { message, ...told } = refusal as AccessError
        refusals.push([message, told, watched.count()])
      }
      expect(refusals[0]).toEqual(refusals[1])
      // The second time the foreign token is known to this process.
      await authenticate(send(token), 'other')
    }
  })

  it.each(['pending', 'deleting'] as const)('when its key is %s', async (state) => {
    const { token } = await newKey({ state })
    await expect(authenticate(send(token), 'demo')).rejects.toMatchObject(invalid)
    await expect(authenticate(send(token), undefined)).rejects.toMatchObject(invalid)
  })

  it.each(['pending', 'deleting'] as const)('when its account is %s', async (state) => {
    const account = await insertTestAccount(control.store, ring)
    const { token } = await insertTestKey(control.store, ring, account)
    await updateAccountState(control.store, account.id, state)
    await expect(authenticate(send(token), account.name)).rejects.toMatchObject({
      code: 'account_not_found',
    })
    await expect(authenticate(send(token), undefined)).rejects.toMatchObject(invalid)
    await expect(authenticate(undefined, account.name)).rejects.toMatchObject({
      code: 'account_not_found',
    })
  })

  it('with "no such account", whatever it is, when the account does not exist', async () => {
    const { token } = await newKey()
    for (const credential of [undefined, send(token), send('rubbish'), send(defaultPublicToken)]) {
      await expect(authenticate(credential, 'nobody')).rejects.toMatchObject({
        code: 'account_not_found',
        status: 404,
      })
    }
  })
})

describe('an address that has presented too much that was none', () => {
  /** Rubbish never reaches the store, so this costs nothing but time. */
  async function presentTooMuch(): Promise<void> {
    await authenticate(undefined, 'demo')
    for (let sent = 0; sent < 1_000; sent += 1) {
      await authenticate(send('rubbish'), 'demo').catch(() => {})
    }
  }

  it('is refused whatever we would have to look up, and the store is not asked', async () => {
    await presentTooMuch()
    const { token } = await newKey()
    watched.count()
    for (const [credential, account] of [
      [send('rubbish'), 'demo'],
      [send(mintToken('regular', randomBytes)), 'demo'],
      [send(token), 'demo'],
      [undefined, 'nobody'],
    ] as const) {
      await expect(authenticate(credential, account)).rejects.toMatchObject({
        code: 'rate_limited',
        status: 429,
      })
    }
    expect(watched.count()).toBe(0)
  })

  it('is still served for the credentials that are known here', async () => {
    const { token } = await newKey()
    await authenticate(send(token), 'demo')
    await presentTooMuch()
    expect((await authenticate(send(token), 'demo')).principal.accountName).toBe('demo')
    expect((await authenticate(undefined, 'demo')).principal.kind).toBe('default')
  })

  it('does not become one by credentials that are good', async () => {
    const before = limits.lookAtRefusals(clientAddress)
    const { token } = await newKey()
    await authenticate(send(token), 'demo')
    await authenticate(undefined, 'demo')
    expect(limits.lookAtRefusals(clientAddress)).toEqual(before)
    await authenticate(undefined, 'nobody').catch(() => {})
    expect(limits.lookAtRefusals(clientAddress)).not.toEqual(before)
  })
})

describe('a key that is revoked while it is being verified', () => {
  it('is neither admitted nor cached, though it was read before', async () => {
    const { key, token } = await newKey()
    const release = watched.hold()
    const admission = authenticate(send(token), 'demo')
    admission.catch(() => {})
    await watched.held()
    await revoke(key.id)
    release()
    await expect(admission).rejects.toMatchObject({ code: 'invalid_credential' })
    expect(cache.size()).toBe(0)
    expect(inFlight.count()).toBe(0)
  })

  it('does not keep another key from being admitted', async () => {
    const [mine, theirs] = [await newKey(), await newKey()]
    const release = watched.hold()
    const admission = authenticate(send(mine.token), 'demo')
    await watched.held()
    await revoke(theirs.key.id)
    release()
    expect((await admission).principal.credentialId).toBe(mine.key.id)
    expect(watched.count()).toBe(2)
  })

  it('cannot keep a request reading for ever', async () => {
    const { token } = await newKey()
    node.epoch += 1_000_000
    await expect(authenticate(send(token), 'demo')).rejects.toMatchObject({
      code: 'store_unavailable',
    })
  })
})

describe('a node that does not know whether something was revoked', () => {
  it('refuses everybody, the credentials that it knows included', async () => {
    const { token } = await newKey()
    await authenticate(send(token), 'demo')
    node.hasLease = false
    node.canRenew = false
    for (const credential of [send(token), undefined]) {
      await expect(authenticate(credential, 'demo')).rejects.toMatchObject({
        code: 'store_unavailable',
        status: 503,
      })
    }
  })

  it('admits again as soon as it has its lease back', async () => {
    const { token } = await newKey()
    node.hasLease = false
    await authenticate(send(token), 'demo')
    expect(node.renewed).toBe(1)
  })

  it('refuses, and caches nothing, when the lease ended while it was reading', async () => {
    const { token } = await newKey()
    const release = watched.hold()
    const admission = authenticate(send(token), 'demo')
    admission.catch(() => {})
    await watched.held()
    node.hasLease = false
    release()
    await expect(admission).rejects.toMatchObject({ code: 'store_unavailable' })
    expect([cache.size(), inFlight.count()]).toEqual([0, 0])
  })

  it('says that the store is away when it is', async () => {
    const { token } = await newKey()
    watched.fail(new Error('Connection terminated unexpectedly'))
    for (const [credential, account] of [
      [send(token), 'demo'],
      [undefined, 'demo'],
      [send('rubbish'), 'demo'],
    ] as const) {
      await expect(authenticate(credential, account)).rejects.toMatchObject({
        code: 'store_unavailable',
      })
    }
  })
})
