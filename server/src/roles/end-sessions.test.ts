import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAccount, testPassword } from '../../test/account.ts'
import { createInstallation, type TestInstallation } from '../../test/installation.ts'
import type { Account } from '../store/accounts.ts'
import { endSessions } from './end-sessions.ts'

let installation: TestInstallation
let account: Account

beforeAll(async () => {
  installation = await createInstallation()
  account = await createAccount(installation)
})

afterAll(() => installation.close())

async function logIn(role: string): Promise<pg.Client> {
  const client = new pg.Client({
    ...installation.address,
    ssl: false,
    database: account.database,
    user: role,
    password: testPassword,
  })
  client.on('error', () => {})
  await client.connect()
  return client
}

describe('endSessions', () => {
  it('ends idle and busy sessions of the roles, and no others', async () => {
    const doomed = await Promise.all([logIn(account.ownerRole), logIn(account.ownerRole)])
    const spared = await logIn(account.publicRole)
    const busy = doomed[0]?.query('select pg_sleep(60)')
    const ended = expect(busy).rejects.toMatchObject({ code: '57P01' })
    expect(await endSessions(installation.admin, [account.ownerRole])).toBe(2)
    await ended
    expect((await spared.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    await spared.end()
  })

  it('leaves alone a session that begins while it waits', async () => {
    const old = await logIn(account.ownerRole)
    let later: pg.Client | undefined
    const count = await endSessions(installation.admin, [account.ownerRole], {
      sleep: async () => {
        later ??= await logIn(account.ownerRole)
      },
    })
    expect(count).toBe(1)
    await expect(old.query('select 1')).rejects.toThrow()
    expect((await later?.query('select 1 as one'))?.rows).toEqual([{ one: 1 }])
    await later?.end()
  })

  it('has nothing to do for roles without sessions, or that are gone', async () => {
    expect(await endSessions(installation.admin, [account.publicRole, 'no_such_role'])).toBe(0)
    expect(await endSessions(installation.admin, [])).toBe(0)
  })
})
