import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAccount, runAs } from '../../test/account.ts'
import { createInstallation, type TestInstallation } from '../../test/installation.ts'
import type { Account } from '../store/accounts.ts'
import { openAdmin } from './admin.ts'
import { newDatabaseName } from './role-name.ts'
import { copyTemplate, ensureTemplate, whileNobodyCopies } from './template.ts'

let installation: TestInstallation
let account: Account

beforeAll(async () => {
  installation = await createInstallation()
  account = await createAccount(installation)
})

afterAll(() => installation.close())

const newDatabase = () => newDatabaseName(installation.admin.installationId, randomBytes)

describe('copyTemplate', () => {
  it('makes a database that nobody can connect to yet', async () => {
    const database = newDatabase()
    await copyTemplate(installation.admin, database)
    await expect(
      runAs(installation, { database, role: account.ownerRole }, 'select 1'),
    ).rejects.toMatchObject({ code: '55000' })
  })

  it('waits for whoever is connected to the template, and then succeeds', async () => {
    const { admin } = installation
    const database = newDatabase()
    let copying: Promise<void> | undefined
    await whileNobodyCopies(admin, async () => {
      await admin.on(admin.templateDatabase).query('select 1')
      copying = copyTemplate(admin, database)
    })
    await copying
    await copyTemplate(admin, database)
  })
})

describe('ensureTemplate', () => {
  const templateDatabase = `postern_template_${randomBytes(4).toString('hex')}`

  const openWith = (name: string) =>
    openAdmin({
      address: installation.address,
      installationId: installation.admin.installationId,
      templateDatabase: name,
      onIdleError: () => {},
    })

  it('goes on where an earlier attempt stopped, and is quick when all is done', async () => {
    const admin = await openWith(templateDatabase)
    await admin.cluster.query(`create database ${templateDatabase} template template0`)
    await admin.on(templateDatabase).query('create schema postgis')
    await ensureTemplate(admin)
    const { rows } = await admin.cluster.query(
      `select datistemplate as template from pg_database where datname = $1`,
      [templateDatabase],
    )
    expect(rows).toEqual([{ template: true }])
    // Whatever was opened since is closed again.
    await admin.on(templateDatabase).query('grant create on schema public to public')
    await ensureTemplate(admin)
    await admin.cluster.query(`alter database ${templateDatabase} with is_template false`)
    await admin.cluster.query(`drop database ${templateDatabase} with (force)`)
    await admin.close()
  })

  it('refuses a template that has PostGIS elsewhere, where tables could shadow it', async () => {
    const name = `${templateDatabase}_public`
    const admin = await openWith(name)
    await admin.cluster.query(`create database ${name} template template0`)
    await admin.on(name).query('create extension postgis schema public')
    await admin.forget(name)
    await admin.cluster.query(`alter database ${name} with is_template true`)
    await expect(ensureTemplate(admin)).rejects.toThrow('PostGIS in the schema "public"')
    await admin.cluster.query(`alter database ${name} with is_template false`)
    await admin.cluster.query(`drop database ${name} with (force)`)
    await admin.close()
  })
})
