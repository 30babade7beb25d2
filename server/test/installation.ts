import { createHash, randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { inject } from 'vitest'
import { type Admin, openAdmin } from '../src/roles/admin.ts'
import { withAdvisoryLock } from '../src/roles/advisory-lock.ts'
import { listDatabases, listRoles } from '../src/roles/catalogue.ts'
import { closeDatabase } from '../src/roles/close-database.ts'
import { ensureTemplate } from '../src/roles/template.ts'
import { type Database, type DatabaseAddress, openDatabase } from '../src/store/database.ts'
import { getInstallationId } from '../src/store/installation.ts'
import { migrate } from '../src/store/migrate.ts'
import { quoteIdentifier, quoteIdentifiers } from '../src/store/quote-identifier.ts'

/** An installation of its own for one test file, on the cluster that all files share. */
export type TestInstallation = {
  /** The control database, empty but for its installation row. */
  readonly store: Database
  readonly storeAddress: DatabaseAddress
  readonly admin: Admin
  /** The superuser's way to the maintenance database. */
  readonly address: DatabaseAddress
  /** Drops what the installation made: databases, roles, control database. */
  close(): Promise<void>
}

const templateDatabase = 'postern_template'
/** Any number: it keeps test files from making the templates at the same time. */
const templatesLock = '20261'
/** Once per process is enough: whoever is first makes it, the others wait. */
let templateReady: Promise<void> | undefined

/** Copies the control database and the hardened template that the first test file makes. */
export async function createInstallation(): Promise<TestInstallation> {
  const address: DatabaseAddress = { ...inject('cluster'), database: 'postgres' }
  const onIdleError = () => {}
  const maintenance = openDatabase(address, { max: 2, applicationName: 'test', onIdleError })
  const controlDatabase = `postern_test_${randomBytes(6).toString('hex')}`
  const controlTemplate = `postern_test_control_${await migrationsDigest()}`
  await withAdvisoryLock(maintenance, templatesLock, async () => {
    await ensureControlTemplate(address, maintenance, controlTemplate)
    await maintenance.query(
      `create database ${quoteIdentifier(controlDatabase)} template ${quoteIdentifier(controlTemplate)}`,
    )
  })
  const storeAddress = { ...address, database: controlDatabase }
  const store = openDatabase(storeAddress, { max: 10, applicationName: 'test', onIdleError })
  const installationId = await getInstallationId(store, randomBytes)
  const admin = await openAdmin({ address, installationId, templateDatabase, onIdleError })
  for (const database of [controlDatabase, 'postgres', 'template1']) {
    await withAdvisoryLock(maintenance, templatesLock, () => closeDatabase(admin, database))
  }
  templateReady ??= ensureTemplate(admin)
  await templateReady

  return {
    store,
    storeAddress,
    admin,
    address,
    async close() {
      await store.end()
      await dropDatabases(admin)
      await dropRoles(admin)
      await admin.cluster.query(`drop database ${quoteIdentifier(controlDatabase)} with (force)`)
      await admin.close()
      await maintenance.end()
    },
  }
}

/** Makes the migrated control database that others are copied from, unless it is there. */
async function ensureControlTemplate(
  address: DatabaseAddress,
  maintenance: Database,
  name: string,
): Promise<void> {
  const { rowCount } = await maintenance.query(
    'select from pg_database where datname = $1 and datistemplate',
    [name],
  )
  if (rowCount !== 0) return
  await maintenance.query(`drop database if exists ${quoteIdentifier(name)} with (force)`)
  await maintenance.query(`create database ${quoteIdentifier(name)} template template0`)
  const store = openDatabase(
    { ...address, database: name },
    { max: 1, applicationName: 'test', onIdleError: () => {} },
  )
  await migrate(store)
  await store.end()
  await maintenance.query(`alter database ${quoteIdentifier(name)} with is_template true`)
}

/** A cluster can outlive a change of the migrations. */
async function migrationsDigest(): Promise<string> {
  const directory = new URL('../migrations/', import.meta.url)
  const hash = createHash('sha256')
  for (const file of (await readdir(directory)).sort()) {
    hash.update(await readFile(new URL(file, directory)))
  }
  return hash.digest('hex').slice(0, 12)
}

async function dropDatabases(admin: Admin): Promise<void> {
  for (const { database } of await listDatabases(admin)) {
    await admin.forget(database)
    await admin.cluster.query(`drop database ${quoteIdentifier(database)} with (force)`)
  }
}

async function dropRoles(admin: Admin): Promise<void> {
  const roles = (await listRoles(admin)).map(({ role }) => role)
  for (let start = 0; start < roles.length; start += 500) {
    const names = quoteIdentifiers(roles.slice(start, start + 500))
    await admin.cluster.query(`drop role ${names}`)
  }
}
