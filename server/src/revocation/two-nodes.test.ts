import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createControlDatabase, type TestControlDatabase } from '../../test/control-database.ts'
import { insertTestAccount, insertTestKey } from '../../test/credentials.ts'
import { clientAddress, noLimits } from '../../test/no-limits.ts'
import { type Authenticate, createAuthenticate } from '../credential/authenticate.ts'
import { createCredentialCache } from '../credential/credential-cache.ts'
import type { StopSignal } from '../stop-signal.ts'
import { type Account, updateAccountState } from '../store/accounts.ts'
import { updateApiKeyState } from '../store/api-keys.ts'
import { type KeyRing, newRingKey } from '../token/key-ring.ts'
import { createInFlightRequests, type InFlightRequests } from './in-flight.ts'
import { type Node, startNode } from './node.ts'
import { createRevoker } from './revoke.ts'

const ringKey = newRingKey(randomBytes)
const ring: KeyRing = { current: ringKey, keys: [ringKey] }

let control: TestControlDatabase
let demo: Account
let processes: TestProcess[]

beforeAll(async () => {
  control = await createControlDatabase()
  demo = await insertTestAccount(control.store, ring, { name: 'demo' })
  processes = [await startProcess(), await startProcess()]
})

afterAll(async () => {
  for (const { node } of processes) await node.stop()
  await control.close()
})

type TestProcess = { node: Node; authenticate: Authenticate; inFlight: InFlightRequests }

/** What a serving process has of its own: a cache, requests in flight, and a node. */
async function startProcess(): Promise<TestProcess> {
  const cache = createCredentialCache({ maxEntries: 100, processKey: randomBytes(32) })
  const inFlight = createInFlightRequests({ now: Date.now })
  const node = await startNode({
    id: randomUUID(),
    store: control.store,
    listenAddress: control.address,
    async apply({ credentialId, accountId }) {
      const matches = {
        ...(credentialId !== null && { credentialId }),
        ...(accountId !== null && { accountId }),
      }
      cache.evict(matches)
      return { responsesAborted: inFlight.abort(matches), sessionsEnded: 0 }
    },
    leaseLost: () => {},
    monotonicNow: () => performance.now(),
    observe: () => {},
  })
  const authenticate = createAuthenticate({
    store: control.store,
    keyRing: () => ring,
    cache,
    inFlight,
    node,
    limits: noLimits,
    now: Date.now,
    observe: () => {},
  })
  return { node, authenticate, inFlight }
}

/**
 * Sends requests with this token to a process, one after the other, until one is refused or it has
 * been long enough.
 */
function keepAsking({ authenticate }: TestProcess, token: string) {
  const signals: StopSignal[] = []
  const giveUpAt = performance.now() + 60_000
  const credential = { token, place: 'bearer', basicUser: undefined } as const
  const refused = (async () => {
    while (performance.now() < giveUpAt) {
      signals.push((await authenticate(credential, 'demo', clientAddress)).inFlight.signal)
      // As between requests: everything else gets its turn.
      await new Promise((resolve) => setImmediate(resolve))
    }
  })().catch((error: unknown) => error)
  return { signals, refused }
}

describe('with two nodes under load, when a revocation is complete', () => {
  it('no node admits the key, and nothing that it was admitted for goes on', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { key, token } = await insertTestKey(control.store, ring, demo)
      const clients = processes.flatMap((process) => [
        keepAsking(process, token),
        keepAsking(process, token),
      ])
      await new Promise((resolve) => setTimeout(resolve, 5 * round))

      await createRevoker({ store: control.store, node: processes[round % 2]?.node }).revoke(
        { kind: 'api_key', accountId: null, credentialId: key.id, roles: [] },
        (transaction) => updateApiKeyState(transaction, key.id, 'deleting'),
      )

      const atCompletion = clients.map(({ signals }) => signals.length)
      const running = clients.flatMap(({ signals }) => signals.filter(({ aborted }) => !aborted))
      expect(running).toEqual([])
      for (const client of clients) {
        expect(await client.refused).toMatchObject({ code: 'invalid_credential' })
      }
      expect(clients.map(({ signals }) => signals.length)).toEqual(atCompletion)
    }
  })

  it('the same is true of all keys of an account', async () => {
    const account = await insertTestAccount(control.store, ring)
    const keys = await Promise.all(
      Array.from({ length: 5 }, () => insertTestKey(control.store, ring, account)),
    )
    const send = (process: TestProcess, token: string) =>
      process.authenticate(
        { token, place: 'bearer', basicUser: undefined },
        undefined,
        clientAddress,
      )
    const admissions = await Promise.all(
      processes.flatMap((process) => keys.map(({ token }) => send(process, token))),
    )

    const receipt = await createRevoker({ store: control.store, node: processes[0]?.node }).revoke(
      { kind: 'account', accountId: account.id, credentialId: null, roles: [] },
      async (transaction) => {
        await updateAccountState(transaction, account.id, 'deleting')
        return true
      },
    )

    expect(receipt).toMatchObject({ nodes: 2, responsesAborted: 5 })
    expect(admissions.every(({ inFlight }) => inFlight.signal.aborted)).toBe(true)
    for (const process of processes) {
      for (const { token } of keys) {
        await expect(send(process, token)).rejects.toMatchObject({ code: 'invalid_credential' })
      }
    }
  })
})
