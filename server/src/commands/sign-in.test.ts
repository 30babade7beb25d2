import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createControlDatabase, type TestControlDatabase } from '../../test/control-database.ts'
import { insertTestAccount } from '../../test/credentials.ts'
import { administratorOf, controlContext, createTestUser } from '../../test/users.ts'
import { findSession } from '../credential/find-session.ts'
import type { AccountUser } from '../store/account-users.ts'
import type { Account } from '../store/accounts.ts'
import { newRingKey } from '../token/key-ring.ts'
import type { CommandContext } from './context.ts'
import { deleteUser } from './delete-user.ts'
import { signIn, signOut } from './sign-in.ts'
import { updateUser } from './update-user.ts'

const key = newRingKey(randomBytes)
const ring = { current: key, keys: [key] }
const hourMs = 3_600_000

let control: TestControlDatabase
let context: CommandContext
let nowMs: number
let account: Account
let ann: AccountUser
let password: string

beforeAll(async () => {
  control = await createControlDatabase()
  nowMs = Date.parse('2026-01-01T00:00:00Z')
  context = controlContext(control.store, ring, () => new Date(nowMs))
  account = await insertTestAccount(control.store, ring, { name: 'demo' })
  await createTestUser(context, account, 'owner')
  const made = await createTestUser(context, account, 'editor', {
    name: 'Ann',
    email: 'ann@example.com',
  })
  ann = made.user
  password = made.password
})
afterAll(() => control.close())
beforeEach(async () => {
  await control.store.query('delete from sign_in_failure')
})

const attempt = (changes: Partial<Parameters<typeof signIn>[1]> = {}) =>
  signIn(context, { account: 'demo', user: 'Ann', password, network: '192.0.2.1', ...changes })

async function signedIn(changes = {}): Promise<string> {
  const outcome = await attempt(changes)
  if ('blockedUntil' in outcome) throw new Error('Nobody may sign in.')
  return outcome.token
}

const whoIs = async (token: string) =>
  (await findSession(control.store, token, new Date(nowMs)))?.principal.user?.name

const failing = (changes = {}) => attempt({ password: 'wrong', ...changes }).catch((error) => error)

describe('signing in', () => {
  it.each(['Ann', 'ann', 'ann@example.com', 'ANN@example.com'])('works as %s', async (user) => {
    expect(await whoIs(await signedIn({ user }))).toBe('Ann')
  })

  it('gives a principal that stands for the user and opens no data', async () => {
    const found = await findSession(control.store, await signedIn(), new Date(nowMs))
    expect(found?.principal).toMatchObject({
      accountName: 'demo',
      kind: 'session',
      allowedApis: [],
      role: '',
      mayWrite: false,
      user: { id: ann.id, level: 'editor', scopes: 'all' },
    })
  })

  it('keeps neither the token nor the password', async () => {
    const token = await signedIn()
    const { rows } = await control.store.query(
      `select encode(token_hash, 'hex') || encode(token_hash, 'escape') as kept from sign_in
       union all select password_hash from account_user
       union all select encode(subject, 'escape') from sign_in_failure`,
    )
    const kept = JSON.stringify(rows)
    expect(kept).not.toContain(token.slice(4))
    expect(kept).not.toContain(password)
  })

  it.each([
    ['another password', { password: 'wrong' }],
    ['a user who is not there', { user: 'bob' }],
    ['an account that is not there', { account: 'nobody' }],
    ['an account that cannot be', { account: '../x' }],
    ['a NUL', { user: 'Ann\0' }],
    ['a name of any length', { user: 'x'.repeat(10_000) }],
  ])('is refused for %s, in the same words', async (_, changes) => {
    await expect(attempt(changes)).rejects.toMatchObject({
      code: 'sign_in_failed',
      message: 'The account, the user or the password is wrong.',
    })
  })

  it('verifies a password also when there is nobody who could have one', async () => {
    const asked: unknown[] = []
    const passwords = {
      ...context.passwords,
      verify: async (hash: string | undefined) => {
        asked.push(typeof hash)
        return false
      },
    }
    const sent = { account: 'demo', password, network: '192.0.2.1' }
    await signIn({ ...context, passwords }, { ...sent, user: 'Ann' }).catch(() => {})
    await signIn({ ...context, passwords }, { ...sent, user: 'bob' }).catch(() => {})
    expect(asked).toEqual(['string', 'undefined'])
  })
})

it('signs nobody in with a password that is replaced while it is looked at', async () => {
  const { user, password: first } = await createTestUser(context, account)
  const passwords = {
    ...context.passwords,
    verify: async () => {
      await updateUser(context, administratorOf(account), user.id, { password: 'a new password' })
      return true
    },
  }
  const sent = { account: 'demo', user: user.name, password: first, network: '192.0.2.1' }
  await expect(signIn({ ...context, passwords }, sent)).rejects.toMatchObject({
    code: 'sign_in_failed',
  })
})

describe('a session', () => {
  it('goes on while it is used, and ends when it is not', async () => {
    const token = await signedIn()
    nowMs += 11 * hourMs
    expect(await whoIs(token)).toBe('Ann')
    nowMs += 11 * hourMs
    expect(await whoIs(token)).toBe('Ann')
    nowMs += 12 * hourMs
    expect(await whoIs(token)).toBeUndefined()
  })

  it('ends after seven days, however much it is used', async () => {
    const token = await signedIn()
    for (let hours = 0; hours < 7 * 24 - 8; hours += 8) {
      nowMs += 8 * hourMs
      expect(await whoIs(token)).toBe('Ann')
    }
    nowMs += 8 * hourMs
    expect(await whoIs(token)).toBeUndefined()
    await signedIn()
    const { rowCount } = await control.store.query('select from sign_in where created_at < $1', [
      new Date(nowMs - 7 * 24 * hourMs),
    ])
    expect(rowCount).toBe(0)
  })

  it('ends by signing out, and no other does', async () => {
    const [token, other] = [await signedIn(), await signedIn()]
    const session = await findSession(control.store, token, new Date(nowMs))
    if (session !== undefined) await signOut(context, session.principal)
    expect([await whoIs(token), await whoIs(other)]).toEqual([undefined, 'Ann'])
  })

  it('ends by a new password, but for the one that has asked for it', async () => {
    const { user, password: first } = await createTestUser(context, account)
    const sign = (word: string) => signedIn({ user: user.name, password: word })
    const [mine, other] = [await sign(first), await sign(first)]
    const session = await findSession(control.store, mine, new Date(nowMs))
    await updateUser(
      context,
      administratorOf(account),
      user.id,
      { password: 'a new password' },
      { keptSignInId: session?.principal.credentialId ?? '' },
    )
    expect([await whoIs(mine), await whoIs(other)]).toEqual([user.name, undefined])
    await expect(sign(first)).rejects.toMatchObject({ code: 'sign_in_failed' })
    expect(await whoIs(await sign('a new password'))).toBe(user.name)
  })

  it('ends with its user', async () => {
    const { user, password: word } = await createTestUser(context, account)
    const token = await signedIn({ user: user.name, password: word })
    await deleteUser(context, administratorOf(account), user.id)
    expect(await whoIs(token)).toBeUndefined()
  })
})

describe('whoever guesses', () => {
  it('waits longer each time, whether the user exists or not, and a server that starts anew remembers', async () => {
    for (const user of ['Ann', 'bob']) {
      for (let failures = 0; failures < 5; failures += 1) {
        expect(await failing({ user })).toMatchObject({ code: 'sign_in_failed' })
      }
      const again = controlContext(control.store, ring, () => new Date(nowMs))
      const sent = { account: 'demo', user, password, network: '198.51.100.9' }
      expect(await signIn(again, sent)).toEqual({ blockedUntil: new Date(nowMs + 1_000) })
    }
    nowMs += 1_000
    await failing()
    expect(await attempt()).toEqual({ blockedUntil: new Date(nowMs + 2_000) })
  })

  it('gets no more tries by trying all at once', async () => {
    const outcomes = await Promise.all(Array.from({ length: 12 }, () => failing()))
    const tried = outcomes.filter((outcome) => outcome.code === 'sign_in_failed')
    expect(tried).toHaveLength(5)
  })

  it('is let in with the right password when the time has come, and starts afresh', async () => {
    for (let failures = 0; failures < 5; failures += 1) await failing()
    nowMs += 1_000
    expect(await whoIs(await signedIn())).toBe('Ann')
    for (let failures = 0; failures < 4; failures += 1) await failing()
    expect(await whoIs(await signedIn())).toBe('Ann')
  })

  it('at one address waits for every user, and nobody else does', async () => {
    const fast = { ...context, passwords: { ...context.passwords, verify: async () => false } }
    const sent = { account: 'demo', password: 'wrong', network: '203.0.113.7' }
    for (let failures = 0; failures < 20; failures += 1) {
      await signIn(fast, { ...sent, user: `user ${failures}` }).catch(() => {})
    }
    expect(await attempt({ network: '203.0.113.7' })).toHaveProperty('blockedUntil')
    expect(await whoIs(await signedIn())).toBe('Ann')
  })

  it('is forgotten after a day', async () => {
    for (let failures = 0; failures < 6; failures += 1) await failing()
    nowMs += 25 * hourMs
    for (let failures = 0; failures < 4; failures += 1) await failing()
    expect(await whoIs(await signedIn())).toBe('Ann')
  })
})

describe('the owners of an account', () => {
  it('are never none: the last can neither be deleted nor be made less', async () => {
    const alone = await insertTestAccount(control.store, ring)
    const owners = [
      (await createTestUser(context, alone, 'owner')).user.id,
      (await createTestUser(context, alone, 'owner')).user.id,
    ]
    const administrator = administratorOf(alone)
    const outcomes = await Promise.allSettled(
      owners.map((id) => updateUser(context, administrator, id, { level: 'viewer' })),
    )
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    const last = owners[outcomes.findIndex(({ status }) => status === 'rejected')] ?? ''
    await expect(deleteUser(context, administrator, last)).rejects.toMatchObject({
      code: 'last_owner',
    })
  })

  it('cannot touch users of another account', async () => {
    const other = administratorOf(await insertTestAccount(control.store, ring))
    const notFound = { code: 'user_not_found' }
    await expect(deleteUser(context, other, ann.id)).rejects.toMatchObject(notFound)
    await expect(updateUser(context, other, ann.id, {})).rejects.toMatchObject(notFound)
  })

  it('cannot give two users one name or one address', async () => {
    const taken = { code: 'user_taken' }
    await expect(createTestUser(context, account, 'viewer', { name: 'ANN' })).rejects.toMatchObject(
      taken,
    )
    const { user } = await createTestUser(context, account)
    await expect(
      updateUser(context, administratorOf(account), user.id, { email: 'Ann@Example.com' }),
    ).rejects.toMatchObject(taken)
  })
})
