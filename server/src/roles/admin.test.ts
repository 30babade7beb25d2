import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAccount, runAs } from '../../test/account.ts'
import { createInstallation, type TestInstallation } from '../../test/installation.ts'
import type { Account } from '../store/accounts.ts'

let installation: TestInstallation
let account: Account

beforeAll(async () => {
  installation = await createInstallation()
  account = await createAccount(installation)
})

afterAll(() => installation.close())

describe('an admin', () => {
  it('never takes a name for something that an account placed in its own schema', async () => {
    await runAs(
      installation,
      { ...account, role: account.ownerRole },
      // A closer match for the types than pg_catalog has.
      `create function starts_with(name, text) returns boolean language plpgsql as
       $$ begin raise exception 'ran as %', current_user; end $$`,
    )
    const database = installation.admin.on(account.database)
    const { rows } = await database.query(
      `select current_setting('search_path') as path, starts_with('ab'::name, 'a') as starts`,
    )
    expect(rows).toEqual([{ path: 'pg_catalog', starts: true }])
  })

  it('is not held to the deadlines that its databases set for callers', async () => {
    const { rows } = await installation.admin.on(account.database).query('show statement_timeout')
    expect(rows).toEqual([{ statement_timeout: '2min' }])
  })

  it('closes the pools used least lately, and keeps the one in use', async () => {
    const { admin } = installation
    const early = admin.on('no_such_database')
    for (let index = 0; index < 30; index += 1) admin.on(`no_such_database_${index}`)
    const late = admin.on(account.database)
    expect(early.ending).toBe(true)
    expect(admin.on('no_such_database')).not.toBe(early)
    expect(admin.on(account.database)).toBe(late)
    expect((await late.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  })
})
