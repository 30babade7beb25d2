import { randomBytes } from 'node:crypto'
import { Secret, TOTP } from 'otpauth'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createControlDatabase, type TestControlDatabase } from '../../test/control-database.ts'
import { insertTestAccount } from '../../test/credentials.ts'
import { administratorOf, controlContext, createTestUser } from '../../test/users.ts'
import { findSession } from '../credential/find-session.ts'
import type { Account } from '../store/accounts.ts'
import { insertSecretKeys } from '../store/secret-keys.ts'
import { newRingKey } from '../token/key-ring.ts'
import { confirmSession } from './confirm-session.ts'
import type { CommandContext } from './context.ts'
import type { ActingManager } from './operator.ts'
import {
  beginSecondFactor,
  finishSecondFactor,
  renewRecoveryCodes,
} from './set-up-second-factor.ts'
import { signIn } from './sign-in.ts'
import { turnOffSecondFactor } from './turn-off-second-factor.ts'
import { viewSecondFactor } from './view-second-factor.ts'

const key = newRingKey(randomBytes)
const network = '192.0.2.1'
const shownAs = { issuer: 'Postern', label: 'Ann' }
let control: TestControlDatabase
let context: CommandContext
let nowMs = Date.parse('2026-01-01T00:00:00Z')
let account: Account
let ann: { readonly manager: ActingManager; readonly name: string; readonly password: string }
let secret: string
let recoveryCodes: readonly string[]

beforeAll(async () => {
  control = await createControlDatabase()
  context = controlContext(control.store, { current: key, keys: [key] }, () => new Date(nowMs))
  await insertSecretKeys(control.store, [key.id])
  account = await insertTestAccount(control.store, { current: key, keys: [key] })
})
afterAll(() => control.close())
beforeEach(async () => {
  nowMs += 3_600_000
  await control.store.query('delete from sign_in_failure')
  const { user, password } = await createTestUser(context, account)
  const manager = { ...administratorOf(account), userId: user.id }
  ann = { manager, name: user.name, password }
  secret = (await beginSecondFactor(context, manager, shownAs)).secret
  recoveryCodes = await finishSecondFactor(context, manager, codeAfter(0))
  nowMs += 120_000
})

const codeAfter = (seconds: number) =>
  TOTP.generate({ secret: Secret.fromBase32(secret), timestamp: nowMs + seconds * 1_000 })

const attempt = (changes: { password?: string; code?: string } = {}) =>
  signIn(context, {
    account: account.name,
    user: ann.name,
    password: ann.password,
    network,
    ...changes,
  })

const wrong = { code: 'second_factor_wrong' }
const token = { token: expect.any(String) }

describe('a second factor', () => {
  it('is asked for with the right password only, and signs nobody in before', async () => {
    await expect(attempt()).rejects.toMatchObject({ code: 'second_factor_needed' })
    for (const code of [undefined, codeAfter(0), '000000']) {
      const sent = { password: 'wrong', ...(code !== undefined && { code }) }
      await expect(attempt(sent)).rejects.toMatchObject({ code: 'sign_in_failed' })
    }
    const { rowCount } = await control.store.query('select from sign_in')
    expect(rowCount).toBe(0)
    const outcome = await attempt({ code: ` ${codeAfter(0).replace(/^.../, '$& ')}` })
    if ('blockedUntil' in outcome) throw new Error('Nobody may sign in.')
    const found = await findSession(control.store, outcome.token, new Date(nowMs))
    expect(found?.principal.user).toMatchObject({ name: ann.name, hasSecondFactor: true })
    await control.store.query('delete from sign_in')
  })

  it('takes a code once, and none that is older than the last, all at once neither', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 3 }, () => attempt({ code: codeAfter(0) })),
    )
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    await expect(attempt({ code: codeAfter(-30) })).rejects.toMatchObject(wrong)
    expect(await attempt({ code: codeAfter(30) })).toEqual(token)
  })

  it('does not take the code again that has confirmed it', async () => {
    const { user, password } = await createTestUser(context, account)
    const manager = { ...administratorOf(account), userId: user.id }
    secret = (await beginSecondFactor(context, manager, shownAs)).secret
    await finishSecondFactor(context, manager, codeAfter(0))
    ann = { manager, name: user.name, password }
    await expect(attempt({ code: codeAfter(0) })).rejects.toMatchObject(wrong)
  })

  it('lets whoever knows the password guess as little as anybody guesses passwords', async () => {
    for (let failures = 0; failures < 5; failures += 1) {
      await expect(attempt({ code: '12345' })).rejects.toMatchObject(wrong)
    }
    const blocked = { blockedUntil: new Date(nowMs + 1_000) }
    expect(await attempt({ code: codeAfter(0) })).toEqual(blocked)
    expect(await attempt({ code: recoveryCodes[0] ?? '' })).toEqual(blocked)
    nowMs += 1_000
    expect(await attempt({ code: codeAfter(0) })).toEqual(token)
  })

  it('is needed to confirm who one is, too', async () => {
    const outcome = await attempt({ code: codeAfter(0) })
    if ('blockedUntil' in outcome) throw new Error('Nobody may sign in.')
    const found = await findSession(control.store, outcome.token, new Date(nowMs))
    if (found === undefined) throw new Error('Nobody is signed in.')
    const confirm = (code?: string) =>
      confirmSession(context, found.principal, { password: ann.password, code, network })
    await expect(confirm()).rejects.toMatchObject({ code: 'second_factor_needed' })
    await expect(confirm(codeAfter(0))).rejects.toMatchObject(wrong)
    expect(await confirm(codeAfter(30))).toHaveProperty('confirmedUntilMs')
  })

  it('is not in force before its first code was right, and can be begun anew until then', async () => {
    const { user, password } = await createTestUser(context, account)
    const manager = { ...administratorOf(account), userId: user.id }
    await expect(finishSecondFactor(context, manager, '123456')).rejects.toMatchObject({
      code: 'second_factor_not_begun',
    })
    secret = (await beginSecondFactor(context, manager, shownAs)).secret
    const first = codeAfter(0)
    secret = (await beginSecondFactor(context, manager, shownAs)).secret
    await expect(finishSecondFactor(context, manager, first)).rejects.toMatchObject(wrong)
    ann = { manager, name: user.name, password }
    expect(await attempt()).toEqual(token)
    expect(await viewSecondFactor(context, user.id)).toMatchObject({ confirmedAt: null })
  })

  it('is not replaced by another while it is in force', async () => {
    const exists = { code: 'second_factor_exists' }
    await expect(beginSecondFactor(context, ann.manager, shownAs)).rejects.toMatchObject(exists)
    await expect(finishSecondFactor(context, ann.manager, codeAfter(0))).rejects.toMatchObject(
      exists,
    )
  })

  it('is turned off for users of the own account only', async () => {
    const other = administratorOf(
      await insertTestAccount(control.store, { current: key, keys: [key] }),
    )
    await expect(turnOffSecondFactor(context, other, ann.manager.userId)).rejects.toMatchObject({
      code: 'user_not_found',
    })
    expect(await turnOffSecondFactor(context, ann.manager, ann.manager.userId)).toBe(true)
    expect(await attempt()).toEqual(token)
    const left = await control.store.query('select from recovery_code where user_id = $1', [
      ann.manager.userId,
    ])
    expect(left.rowCount).toBe(0)
  })

  it('keeps neither its secret nor its recovery codes in clear', async () => {
    const { rows } = await control.store.query(
      `select encode(secret_envelope, 'escape') as kept from second_factor
       union all select encode(code_hash, 'escape') from recovery_code`,
    )
    const kept = JSON.stringify(rows)
    for (const text of [secret, Secret.fromBase32(secret).latin1, ...recoveryCodes]) {
      expect(kept).not.toContain(text)
    }
  })
})

describe('recovery codes', () => {
  it('stand in for a code once each', async () => {
    expect(new Set(recoveryCodes).size).toBe(10)
    const code = recoveryCodes[3] ?? ''
    expect(await attempt({ code: code.toUpperCase().replaceAll('-', '') })).toEqual(token)
    await expect(attempt({ code })).rejects.toMatchObject(wrong)
    expect(await viewSecondFactor(context, ann.manager.userId)).toMatchObject({
      recoveryCodesLeft: 9,
    })
  })

  it('are worth nothing once there are new ones, or for somebody else', async () => {
    const codes = await renewRecoveryCodes(context, ann.manager)
    await expect(attempt({ code: recoveryCodes[0] ?? '' })).rejects.toMatchObject(wrong)
    const { user } = await createTestUser(context, account)
    const without = { ...ann.manager, userId: user.id }
    await expect(renewRecoveryCodes(context, without)).rejects.toMatchObject({
      code: 'second_factor_not_begun',
    })
    expect(await attempt({ code: codes[0] ?? '' })).toEqual(token)
  })
})
