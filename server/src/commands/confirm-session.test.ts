import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { createControlDatabase, type TestControlDatabase } from '../../test/control-database.ts'
import { insertTestAccount } from '../../test/credentials.ts'
import { administratorOf, controlContext, createTestUser } from '../../test/users.ts'
import { findSession } from '../credential/find-session.ts'
import type { AccountUser } from '../store/account-users.ts'
import type { Account } from '../store/accounts.ts'
import { newRingKey } from '../token/key-ring.ts'
import { confirmSession } from './confirm-session.ts'
import type { CommandContext } from './context.ts'
import { signIn } from './sign-in.ts'
import { updateUser } from './update-user.ts'

const key = newRingKey(randomBytes)
const network = '192.0.2.1'
let control: TestControlDatabase
let context: CommandContext
let nowMs = Date.parse('2026-01-01T00:00:00Z')
let account: Account
let ann: AccountUser
let password: string
let token: string

beforeAll(async () => {
  control = await createControlDatabase()
  const ring = { current: key, keys: [key] }
  context = controlContext(control.store, ring, () => new Date(nowMs))
  account = await insertTestAccount(control.store, ring)
})
afterAll(() => control.close())
beforeEach(async () => {
  const made = await createTestUser(context, account)
  ann = made.user
  password = made.password
  const outcome = await signIn(context, {
    account: account.name,
    user: ann.name,
    password,
    network,
  })
  if ('blockedUntil' in outcome) throw new Error('Nobody may sign in.')
  token = outcome.token
})

async function principalNow() {
  const found = await findSession(control.store, token, new Date(nowMs))
  if (found === undefined) throw new Error('Nobody is signed in.')
  return found.principal
}

const untilNow = async () => (await principalNow()).user?.confirmedUntilMs

it('holds for ten minutes, and signing in is not enough', async () => {
  expect(await untilNow()).toBeUndefined()
  const outcome = await confirmSession(context, await principalNow(), { password, network })
  expect(outcome).toEqual({ confirmedUntilMs: nowMs + 600_000 })
  expect(await untilNow()).toBe(nowMs + 600_000)
})

it('needs the password of this very user, and counts as an attempt to sign in', async () => {
  const principal = await principalNow()
  const other = await createTestUser(context, account)
  for (const wrong of ['wrong', other.password, `${password}\0`]) {
    await expect(
      confirmSession(context, principal, { password: wrong, network }),
    ).rejects.toMatchObject({
      code: 'confirmation_failed',
    })
  }
  const guesses = Array.from({ length: 4 }, () =>
    confirmSession(context, principal, { password: 'wrong', network }).catch(() => undefined),
  )
  await Promise.all(guesses)
  const blocked = { blockedUntil: expect.any(Date) }
  expect(await confirmSession(context, principal, { password, network })).toEqual(blocked)
  const attempt = { account: account.name, user: ann.name, password, network: '198.51.100.1' }
  expect(await signIn(context, attempt)).toEqual(blocked)
  expect(await untilNow()).toBeUndefined()
  nowMs += 60_000
})

it('is not had by somebody who has taken over the name since', async () => {
  const principal = await principalNow()
  const administrator = administratorOf(account)
  await updateUser(context, administrator, ann.id, { name: `${ann.name}-2` })
  const other = await createTestUser(context, account, 'editor', { name: ann.name })
  await expect(
    confirmSession(context, principal, { password: other.password, network }),
  ).rejects.toMatchObject({ code: 'confirmation_failed' })
})

it('is not had by a session that ended while the password was looked at', async () => {
  const principal = await principalNow()
  const passwords = {
    ...context.passwords,
    verify: async () => {
      await updateUser(context, administratorOf(account), ann.id, { password: 'a new password' })
      return true
    },
  }
  await expect(
    confirmSession({ ...context, passwords }, principal, { password, network }),
  ).rejects.toMatchObject({ code: 'credential_revoked' })
})
