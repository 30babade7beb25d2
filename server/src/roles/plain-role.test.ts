import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createAccount,
  createKey,
  createRoleOf,
  deleteKey,
  insertPendingKey,
  runAs,
  table,
} from '../../test/account.ts'
import { createInstallation, type TestInstallation } from '../../test/installation.ts'
import type { Account } from '../store/accounts.ts'
import { updateAccountState } from '../store/accounts.ts'
import { quoteIdentifier } from '../store/quote-identifier.ts'
import { type Admin, openAdmin } from './admin.ts'
import { checkHardening } from './check-hardening.ts'
import { readEffectiveGrants } from './effective-grants.ts'
import { reconcile } from './reconcile.ts'
import { prefixOf } from './role-name.ts'
import { ensureTemplate, templatePreparationSql } from './template.ts'

/** Postern on a server where its role may make roles and databases but is not a superuser. */
let installation: TestInstallation
let superuser: Admin
let world: TestInstallation
let account: Account
const role = `postern_plain_${randomBytes(4).toString('hex')}`
const templateDatabase = `postern_template_${randomBytes(4).toString('hex')}`

beforeAll(async () => {
  installation = await createInstallation()
  superuser = installation.admin
  await superuser.cluster.query(
    `create role ${role} login createrole createdb password '${role}'; grant connect on database postgres to ${role}`,
  )
  const address = { ...installation.address, user: role, password: role }
  const admin = await openAdmin({
    address,
    installationId: superuser.installationId,
    templateDatabase,
    onIdleError: () => {},
  })
  world = { ...installation, admin }
})

afterAll(async () => {
  await world.admin.close()
  await superuser.forget(templateDatabase)
  await superuser.cluster.query(`alter database ${templateDatabase} with is_template false`)
  await superuser.cluster.query(`drop database ${templateDatabase} with (force)`)
  await installation.close()
  await superuserQuery(`drop role ${role}`)
})

/** After the installation is closed, on a connection of its own. */
async function superuserQuery(statement: string): Promise<void> {
  const admin = await openAdmin({
    address: installation.address,
    installationId: superuser.installationId,
    templateDatabase,
    onIdleError: () => {},
  })
  await admin.cluster.query(`revoke connect on database postgres from ${role}`)
  await admin.cluster.query(statement)
  await admin.close()
}

/** What psql would do with the text: it alone knows \connect and \gexec. */
async function runPreparation(): Promise<void> {
  const [create = '', prepare = ''] = templatePreparationSql({ templateDatabase, role }).split(
    /^\\connect .*$/m,
  )
  const { rows } = await superuser.cluster.query(create.replace('\\gexec', ''))
  for (const row of rows) await superuser.cluster.query(String(Object.values(row)[0]))
  await superuser.on(templateDatabase).query(prepare)
  await superuser.forget(templateDatabase)
}

describe('the template, for a role that cannot make it', () => {
  it('is refused when it is missing, with all that a superuser has to run', async () => {
    await expect(ensureTemplate(world.admin)).rejects.toThrow(
      `There is no database "${templateDatabase}"`,
    )
    await expect(ensureTemplate(world.admin)).rejects.toThrow(
      templatePreparationSql({ templateDatabase, role }),
    )
  })

  it('is refused when it is not hardened, with the rule that does not hold', async () => {
    await runPreparation()
    await superuser
      .on(templateDatabase)
      .query('grant execute on function pg_notify(text, text) to public')
    await superuser.forget(templateDatabase)
    await expect(ensureTemplate(world.admin)).rejects.toThrow(
      'no-notifications: pg_notify(text,text)',
    )
  })

  it('is good once a superuser has run that, as often as it takes', async () => {
    await runPreparation()
    await runPreparation()
    await ensureTemplate(world.admin)
    expect(await checkHardening(world.admin, templateDatabase)).toEqual([])
    await world.admin.forget(templateDatabase)
  })
})

describe('everything that a superuser can do for accounts, this role can', () => {
  const asOwner = (...statements: string[]) =>
    runAs(world, { ...account, role: account.ownerRole }, ...statements)

  beforeAll(async () => {
    account = await createAccount(world)
    await asOwner(
      `do $$ begin perform pg_sleep(0); end $$`,
      'create table cities (id serial)',
      `select addgeometrycolumn('public', 'cities', 'the_geom', 4326, 'POINT', 2)`,
    )
  })

  it('create an account whose database is hardened', async () => {
    expect(await checkHardening(world.admin, account.database)).toEqual([])
  })

  it('create keys, also several at a time, and read their grants', async () => {
    const keys = await Promise.all(
      Array.from({ length: 8 }, () =>
        createKey(world, account, {
          tables: [table('cities', 'select', 'insert')],
          schemas: [{ name: 'public', permissions: ['create'] }],
        }),
      ),
    )
    for (const key of keys) {
      await runAs(world, { ...account, role: key.role }, 'insert into cities default values')
    }
    const roles = keys.map((key) => key.role)
    const grants = await readEffectiveGrants(world.admin, { ...account, roles })
    for (const one of roles) expect(grants.get(one)?.tables).toHaveLength(1)
  })

  it('delete keys: what they made is the owner’s, and their sessions end', async () => {
    const key = await createKey(world, account, {
      schemas: [{ name: 'public', permissions: ['create'] }],
    })
    const asKey = { ...account, role: key.role }
    await runAs(world, asKey, 'create table of_the_key (id int)')
    const running = runAs(
      world,
      asKey,
      'select count(*) from generate_series(1, 1000000) as a, generate_series(1, 1000000) as b',
    )
    const ended = expect(running).rejects.toMatchObject({ code: '57P01' })
    await expect
      .poll(async () => {
        const { rowCount } = await superuser.cluster.query(
          'select from pg_stat_activity where usename = $1',
          [key.role],
        )
        return rowCount
      })
      .toBe(1)
    await deleteKey(world, account, key)
    await ended
    expect(await asOwner('select * from of_the_key')).toEqual([])
    await asOwner('drop table of_the_key')
  })

  it('heal what a crash left', async () => {
    const half = await insertPendingKey(world, account)
    await createRoleOf(world, account, half, { tables: [table('cities', 'delete')] })
    const doomed = await createAccount(world)
    await updateAccountState(world.store, doomed.id, 'deleting')
    const findings = await reconcile(world.admin, world.store, () => {})
    expect(findings.map(({ severity }) => severity)).toEqual(['mended', 'mended', 'mended'])
    expect(await reconcile(world.admin, world.store, () => {})).toEqual([])
  })

  it('without keeping the rights of any role of an account', async () => {
    const { rows } = await superuser.cluster.query(
      `select rolname from pg_roles
       where starts_with(rolname, $2) and pg_has_role($1::name, oid, 'usage')`,
      [role, prefixOf(superuser.installationId)],
    )
    expect(rows).toEqual([])
  })

  it('and no account can reach the role itself', async () => {
    await expect(asOwner(`set role ${quoteIdentifier(role)}`)).rejects.toMatchObject({
      code: '42501',
    })
  })
})
