import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { createControlDatabase, type TestControlDatabase } from '../../test/control-database.ts'
import { insertTestAccount } from '../../test/credentials.ts'
import { controlContext, createTestUser } from '../../test/users.ts'
import { findSession } from '../credential/find-session.ts'
import type { Account } from '../store/accounts.ts'
import { newRingKey } from '../token/key-ring.ts'
import type { CommandContext } from './context.ts'
import { endOtherSessions, endOwnSession, listOwnSessions } from './own-sessions.ts'
import { signIn } from './sign-in.ts'

const key = newRingKey(randomBytes)
let control: TestControlDatabase
let context: CommandContext
let account: Account
let ann: Awaited<ReturnType<typeof createTestUser>>

beforeAll(async () => {
  control = await createControlDatabase()
  const ring = { current: key, keys: [key] }
  context = controlContext(control.store, ring)
  account = await insertTestAccount(control.store, ring)
})
afterAll(() => control.close())
beforeEach(async () => {
  ann = await createTestUser(context, account)
})

async function signedIn({ user, password } = ann, userAgent = 'A browser') {
  const attempt = {
    account: account.name,
    user: user.name,
    password,
    network: '192.0.2.1',
    userAgent,
  }
  const outcome = await signIn(context, attempt)
  if ('blockedUntil' in outcome) throw new Error('Nobody may sign in.')
  return outcome.token
}

const principalOf = async (token: string) =>
  (await findSession(control.store, token, new Date()))?.principal

it('are told with what their user recognises them by, and cut short', async () => {
  await signedIn()
  await signedIn(ann, 'x'.repeat(10_000))
  const listed = await listOwnSessions(context, ann.user.id)
  expect(listed.map(({ userAgent }) => userAgent?.length).sort()).toEqual([256, 9])
  expect(listed[0]).toMatchObject({ network: '192.0.2.1', signedInBy: 'password' })
})

it('are ended one by one, or all but the one that asks', async () => {
  const [mine, second, third] = [await signedIn(), await signedIn(), await signedIn()]
  const caller = await principalOf(mine)
  if (caller === undefined) throw new Error('Nobody is signed in.')
  await endOwnSession(context, caller, (await principalOf(second))?.credentialId ?? '')
  expect(await principalOf(second)).toBeUndefined()
  expect(await principalOf(third)).toBeDefined()
  await endOtherSessions(context, caller)
  expect(await principalOf(third)).toBeUndefined()
  expect(await principalOf(mine)).toBeDefined()
})

it('of somebody else are not there, neither in the list nor to be ended', async () => {
  const caller = await principalOf(await signedIn())
  const theirs = await signedIn(await createTestUser(context, account))
  if (caller === undefined) throw new Error('Nobody is signed in.')
  const { credentialId = '' } = (await principalOf(theirs)) ?? {}
  for (const id of [credentialId, 'rubbish']) {
    await expect(endOwnSession(context, caller, id)).rejects.toMatchObject({
      code: 'session_not_found',
    })
  }
  await endOtherSessions(context, caller)
  expect(await principalOf(theirs)).toBeDefined()
})
