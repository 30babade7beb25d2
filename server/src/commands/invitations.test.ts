import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { createControlDatabase, type TestControlDatabase } from '../../test/control-database.ts'
import { insertTestAccount } from '../../test/credentials.ts'
import { administratorOf, controlContext, createTestUser } from '../../test/users.ts'
import { findSession } from '../credential/find-session.ts'
import type { Account } from '../store/accounts.ts'
import { newRingKey } from '../token/key-ring.ts'
import { mintToken } from '../token/token.ts'
import { acceptInvitation, getInvitation } from './accept-invitation.ts'
import type { CommandContext } from './context.ts'
import { deleteUser } from './delete-user.ts'
import { inviteUser } from './invite-user.ts'
import { listOpenInvitations, revokeInvitation } from './list-invitations.ts'
import type { ActingManager } from './operator.ts'
import { updateUser } from './update-user.ts'

const key = newRingKey(randomBytes)
const ring = { current: key, keys: [key] }
const dayMs = 86_400_000
const place = { network: '192.0.2.1', userAgent: 'A browser' }
let control: TestControlDatabase
let context: CommandContext
let nowMs = Date.parse('2026-01-01T00:00:00Z')
let account: Account
let owner: ActingManager

beforeAll(async () => {
  control = await createControlDatabase()
  context = controlContext(control.store, ring, () => new Date(nowMs))
})
afterAll(() => control.close())
beforeEach(async () => {
  account = await insertTestAccount(control.store, ring)
  await createTestUser(context, account, 'owner')
  owner = await newOwner()
})

async function newOwner(): Promise<ActingManager> {
  const { user } = await createTestUser(context, account, 'owner')
  return { ...administratorOf(account), userId: user.id }
}

const invite = async (email = 'eva@example.com', level = 'editor') =>
  (await inviteUser(context, owner, { email, level })).token

const accept = (token: string, given = { name: 'Eva', password: 'a long password' }) =>
  acceptInvitation(context, token, given, place)

const nothing = { code: 'invitation_not_found' }

it('makes whoever has the link a user with the level that was meant, and signs them in', async () => {
  const session = await accept(await invite())
  const found = await findSession(control.store, session, new Date(nowMs))
  expect(found?.principal.user).toMatchObject({
    name: 'Eva',
    email: 'eva@example.com',
    level: 'editor',
  })
  expect(await listOpenInvitations(context, account.id)).toEqual([])
})

it('is good once, also for two at the same time', async () => {
  const token = await invite()
  const outcomes = await Promise.allSettled([
    accept(token),
    accept(token, { name: 'Eve', password: 'a long password' }),
  ])
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  await expect(accept(token)).rejects.toMatchObject(nothing)
})

it('is left as it is by a name or password that cannot be', async () => {
  const token = await invite()
  const { user } = await createTestUser(context, account)
  await expect(accept(token, { name: 'Eva', password: 'short' })).rejects.toMatchObject({
    code: 'invalid_user',
  })
  await expect(
    accept(token, { name: user.name, password: 'a long password' }),
  ).rejects.toMatchObject({ code: 'user_taken' })
  expect(await getInvitation(context, token)).toMatchObject({ email: 'eva@example.com' })
})

it('ends after seven days, by being taken back, and by another one for the same address', async () => {
  const [expired, replaced] = [await invite('a@example.com'), await invite('b@example.com')]
  const revoked = await invite('c@example.com')
  await invite('B@example.com')
  const listed = await listOpenInvitations(context, account.id)
  const id = listed.find(({ email }) => email === 'c@example.com')?.id ?? ''
  const stranger = administratorOf(await insertTestAccount(control.store, ring))
  await expect(revokeInvitation(context, stranger, id)).rejects.toMatchObject(nothing)
  expect(await getInvitation(context, revoked)).toMatchObject({ id })
  await revokeInvitation(context, owner, id)
  await expect(accept(revoked)).rejects.toMatchObject(nothing)
  await expect(accept(replaced)).rejects.toMatchObject(nothing)
  nowMs += 7 * dayMs
  await expect(accept(expired)).rejects.toMatchObject(nothing)
  expect(await listOpenInvitations(context, account.id)).toEqual([])
})

it.each([
  ['is deleted', (id: string) => deleteUser(context, administratorOf(account), id)],
  [
    'is no owner any more',
    (id: string) => updateUser(context, administratorOf(account), id, { level: 'editor' }),
  ],
])('ends when whoever invites %s', async (_, change) => {
  const token = await invite()
  await change(owner.userId)
  await expect(getInvitation(context, token)).rejects.toMatchObject(nothing)
  await expect(accept(token)).rejects.toMatchObject(nothing)
})

it.each(['', 'rubbish', mintToken('session', randomBytes), mintToken('invitation', randomBytes)])(
  'is not %j',
  async (token) => {
    await expect(getInvitation(context, token)).rejects.toMatchObject(nothing)
  },
)

it('is for somebody who is no user yet, by an address and a level that can be', async () => {
  const { user } = await createTestUser(context, account, 'viewer', { email: 'eva@example.com' })
  await expect(invite(user.email?.toUpperCase())).rejects.toMatchObject({ code: 'user_taken' })
  await expect(invite('nobody')).rejects.toMatchObject({ code: 'invalid_user' })
  await expect(invite('x@example.com', 'admin')).rejects.toMatchObject({ code: 'invalid_user' })
})

it('is kept without what its link has', async () => {
  const token = await invite()
  const { rows } = await control.store.query(
    `select i::text || encode(token_hash, 'escape') as kept from invitation i
     union all select e::text from audit_event e`,
  )
  expect(JSON.stringify(rows)).not.toContain(token.slice(4))
})
