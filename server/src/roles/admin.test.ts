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

  it('keeps a bounded number of connections, whatever the number of databases', async () => {
    const { admin, address } = installation
    const databases = Array.from({ length: 30 }, (_, index) => `no_such_database_${index}`)
    for (const database of databases) admin.on(database)
    const first = admin.on(account.database)
    expect(admin.on(account.database)).toBe(first)
    // Still usable although thirty others were asked for: it was used last.
    expect((await first.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    expect(address.database).toBe('postgres')
  })
})
