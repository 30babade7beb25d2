import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { createAccount, createKey, insertPendingKey, runAs } from '../../test/account.ts'
import { createTestContext } from '../../test/command-context.ts'
import { createInstallation, type TestInstallation } from '../../test/installation.ts'
import type { Finding } from '../roles/finding.ts'
import type { Account } from '../store/accounts.ts'
import type { ApiKey } from '../store/api-keys.ts'
import { quoteIdentifier } from '../store/quote-identifier.ts'
import { runDoctor } from './run-doctor.ts'

let installation: TestInstallation
let context: Awaited<ReturnType<typeof createTestContext>>
let account: Account
let key: ApiKey

beforeEach(async () => {
  if (installation === undefined) {
    installation = await createInstallation()
    context = await createTestContext(installation)
    account = await createAccount(installation)
  }
  key = await createKey(installation, account, {})
})

afterAll(() => installation.close())

const findOgr2ogrVersion = async () => 'GDAL'

/** What the doctor has to say, but for the server itself and what others have on it. */
async function examine(mend: boolean): Promise<Finding[]> {
  const findings = await runDoctor({ ...context, findOgr2ogrVersion, mend })
  return findings.filter(({ severity }) => severity === 'problem' || severity === 'mended')
}

/** The doctor says it, mends it when told to, and then has nothing left to say. */
async function expectMended(sentence: string): Promise<void> {
  const found = await examine(false)
  expect(found).toEqual([
    expect.objectContaining({
      severity: 'problem',
      sentence: expect.stringContaining(sentence),
      remedy: expect.any(String),
    }),
  ])
  expect(await examine(true)).toMatchObject([{ severity: 'mended' }])
  expect(await examine(false)).toEqual([])
}

describe('runDoctor', () => {
  it('says ok once for each check that found nothing', async () => {
    const findings = await runDoctor({ ...context, findOgr2ogrVersion, mend: false })
    const sound = findings.filter(({ severity }) => severity === 'ok')
    expect(sound.map(({ subject }) => subject)).toEqual(
      expect.arrayContaining([
        'template',
        'roles and databases',
        'databases of accounts',
        'role attributes',
        'role settings',
      ]),
    )
    expect(findings.filter(({ severity }) => severity === 'problem')).toEqual([])
  })

  it("mends the hardening of an account's database", async () => {
    await installation.admin
      .on(account.database)
      .query('grant execute on function pg_notify(text, text) to public')
    await expectMended('no-notifications')
  })

  it('mends what a crash left', async () => {
    await insertPendingKey(installation, account)
    await expectMended('The key was never finished')
  })

  it.each(['superuser', 'createrole', 'createdb', 'replication', 'bypassrls'])(
    'takes the attribute %s from a role that has it',
    async (attribute) => {
      await installation.admin.cluster.query(`alter role ${quoteIdentifier(key.role)} ${attribute}`)
      await expectMended(attribute)
    },
  )

  it('resets settings that a role gave itself', async () => {
    await runAs(
      installation,
      { ...account, role: key.role },
      'alter role current_user set statement_timeout = 0',
    )
    await expectMended('statement_timeout')
  })

  it('resets settings that a role has in one database', async () => {
    await installation.admin.cluster.query(
      `alter role ${quoteIdentifier(key.role)} in database ${quoteIdentifier(account.database)}
       set search_path = postgis`,
    )
    await expectMended('search_path')
  })

  it('closes the control database', async () => {
    const control = installation.storeAddress.database
    await installation.admin.cluster.query(`grant connect on database ${control} to public`)
    const subject = `database ${control}`
    const ofControl = async (mend: boolean) =>
      (await runDoctor({ ...context, findOgr2ogrVersion, mend })).filter(
        (one) => one.subject === subject,
      )
    expect(await ofControl(false)).toMatchObject([{ severity: 'problem' }])
    expect(await ofControl(true)).toMatchObject([{ severity: 'mended' }])
    expect(await ofControl(false)).toEqual([])
  })

  it('only reports a database that may be somebody else’s', async () => {
    const { cluster } = installation.admin
    const name = `somebody_${account.database}`
    await cluster.query(`create database ${name} template template0`)
    const ofName = async () =>
      (await runDoctor({ ...context, findOgr2ogrVersion, mend: true })).filter(
        ({ subject }) => subject === `database ${name}`,
      )
    expect(await ofName()).toMatchObject([
      { severity: 'warning', remedy: expect.stringContaining('revoke all on database') },
    ])
    expect(await ofName()).toMatchObject([{ severity: 'warning' }])
    await cluster.query(`drop database ${name}`)
  })

  it('goes on when the database of an account is missing', async () => {
    const lost = await createAccount(installation)
    await installation.admin.forget(lost.database)
    await installation.admin.cluster.query(`drop database ${lost.database}`)
    expect(await examine(true)).toContainEqual(
      expect.objectContaining({ severity: 'problem', subject: `account ${lost.name}` }),
    )
    await installation.store.query('delete from account where id = $1', [lost.id])
    await examine(true)
  })
})
