import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createAccount, runAs, testPassword } from '../../test/account.ts'
import { createInstallation, type TestInstallation } from '../../test/installation.ts'
import type { KeyProcessArguments } from '../../test/key-process.ts'
import type { Account } from '../store/accounts.ts'
import { listKnownRoles } from '../store/known-roles.ts'
import { scramVerifier } from '../token/scram-verifier.ts'
import { listRoles } from './catalogue.ts'
import { reconcile } from './reconcile.ts'
import { restoreRolePassword } from './restore-role-password.ts'

const rounds = 4

let installation: TestInstallation
let account: Account

beforeAll(async () => {
  installation = await createInstallation()
  account = await createAccount(installation)
  await runAs(
    installation,
    { ...account, role: account.ownerRole },
    'create table busy (id serial)',
    'insert into busy default values',
  )
})

afterAll(() => installation.close())

/** Starts a process that creates and deletes keys; resolves when it has created `count`. */
async function startKeyProcess(count: number): Promise<ChildProcess> {
  const { address, storeAddress, admin } = installation
  const given: KeyProcessArguments = {
    address,
    storeAddress,
    account,
    installationId: admin.installationId,
    templateDatabase: admin.templateDatabase,
  }
  const path = (name: string) => fileURLToPath(new URL(`../../test/${name}`, import.meta.url))
  const child = spawn(
    process.execPath,
    [path('run-typescript.mjs'), path('key-process.ts'), JSON.stringify(given)],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  let created = 0
  for await (const text of child.stdout.setEncoding('utf8')) {
    created += String(text).split('created').length - 1
    if (created >= count) return child
  }
  throw new Error(`The process ended by itself: ${errors}`)
}

/** What the process had sent before it was killed is still carried out. */
async function untilItsSessionsEnd(): Promise<void> {
  const { store, storeAddress } = installation
  await expect
    .poll(async () => {
      const { rows } = await store.query(
        `select application_name, state from pg_stat_activity
         where datname = any ($1) and pid <> pg_backend_pid()
           and (application_name = 'keys' or state <> 'idle')`,
        [[storeAddress.database, account.database]],
      )
      return rows
    })
    .toEqual([])
}

it(`a process killed while it makes and ends keys leaves nothing that cannot be mended, ${rounds} times over`, async () => {
  const { admin, store } = installation
  for (let round = 0; round < rounds; round += 1) {
    const child = await startKeyProcess(5 + round * 3)
    // Wherever it is by now: no moment is the right one.
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 25))
    child.kill('SIGKILL')
    await once(child, 'exit')
    await untilItsSessionsEnd()

    // What it held stays locked until PostgreSQL notices that it is gone.
    await expect
      .poll(async () => {
        await reconcile(admin, store, () => {})
        const { rowCount } = await store.query(`select from api_key where state <> 'active'`)
        return rowCount
      })
      .toBe(0)
    expect(await reconcile(admin, store, () => {}, { mend: false })).toEqual([])
    const roles = (await listRoles(admin)).map(({ role }) => role).sort()
    expect(roles).toEqual([...(await listKnownRoles(store)).keys()].sort())
  }

  // Every key that is left works, with its own grants and no others.
  const { rows } = await store.query<{ role: string; name: string }>(
    `select role, name from api_key where type = 'regular'`,
  )
  expect(rows.length).toBeGreaterThan(rounds)
  const verifier = await scramVerifier(testPassword, randomBytes)
  for (const { role, name } of rows) {
    await restoreRolePassword(admin, role, verifier)
    const [, worker, round] = name.split(' ').map(Number)
    const verbCount = 1 + (((worker ?? 0) + (round ?? 0)) % 4)
    const insert = runAs(
      installation,
      { ...account, role },
      'set default_transaction_read_only = off',
      'insert into busy default values',
    )
    if (verbCount > 1) await insert
    else await expect(insert).rejects.toMatchObject({ code: '42501' })
    expect(
      await runAs(installation, { ...account, role }, 'select count(*) > 0 as filled from busy'),
    ).toEqual([{ filled: true }])
  }
})
