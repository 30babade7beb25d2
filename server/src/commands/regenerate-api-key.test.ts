import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createControlDatabase, type TestControlDatabase } from '../../test/control-database.ts'
import { insertTestAccount, insertTestKey } from '../../test/credentials.ts'
import { untilLocksAreAwaited } from '../../test/until-locks-are-awaited.ts'
import { principalOf } from '../credential/authenticate.ts'
import { createRevoker } from '../revocation/revoke.ts'
import { findVerifiableApiKey, lockApiKey } from '../store/api-keys.ts'
import { inTransaction } from '../store/database.ts'
import { newRingKey } from '../token/key-ring.ts'
import type { CommandContext } from './context.ts'
import { regenerateApiKey } from './regenerate-api-key.ts'

let control: TestControlDatabase

beforeAll(async () => {
  control = await createControlDatabase()
})
afterAll(() => control.close())

it('asked for twice at once with the master key itself, regenerates it once', async () => {
  const { store } = control
  const current = newRingKey(randomBytes)
  const ring = { current, keys: [current] }
  const account = await insertTestAccount(store, ring)
  const { key } = await insertTestKey(store, ring, account, { type: 'master', name: 'Master' })
  const verified = await findVerifiableApiKey(store, key.id)
  if (verified === undefined) throw new Error('The key has gone.')
  const principal = principalOf(verified)
  const context = {
    store,
    admin: { cluster: store },
    keyRing: () => ring,
    revoker: createRevoker({ store }),
    now: () => new Date(),
    randomBytes,
    observe: () => {},
  } as unknown as CommandContext

  const both = await inTransaction(store, async (holder) => {
    await lockApiKey(holder, key.id)
    const regenerations = [0, 1].map(() => regenerateApiKey(context, principal, 'Master'))
    const settled = Promise.allSettled(regenerations)
    await untilLocksAreAwaited(store, 2)
    // Not the promise itself: it waits for the end of this transaction.
    return { settled }
  })
  const outcomes = await both.settled
  const refused = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
  expect(refused).toMatchObject([{ code: 'credential_revoked' }])
})
