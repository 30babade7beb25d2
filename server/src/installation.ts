import { randomBytes } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { chmod, mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parse as parseConnectionString } from 'pg-connection-string'
import type { Config } from './config.ts'
import { startEmbeddedCluster } from './embedded/embedded-cluster.ts'
import type { Observe } from './observations.ts'
import { type Admin, openAdmin } from './roles/admin.ts'
import { closeDatabase } from './roles/close-database.ts'
import { createRegisteredServers, type RegisteredServers } from './roles/registered-servers.ts'
import { checkServerRequirements } from './roles/server-requirements.ts'
import { ensureTemplate } from './roles/template.ts'
import { ensureControlDatabase } from './store/control-database.ts'
import { type Database, type DatabaseAddress, openDatabase } from './store/database.ts'
import { getInstallationId } from './store/installation.ts'
import { migrate } from './store/migrate.ts'
import { insertSecretKeys, listSecretKeysInUse } from './store/secret-keys.ts'
import { loadKeyFile, readKeyFile, replaceKeyFile } from './token/key-file.ts'
import { type KeyRing, parseKeyRing } from './token/key-ring.ts'

const controlDatabase = 'postern_control'
const templateDatabase = 'postern_template'

/** The key ring as this process knows it, and where it is kept. */
export type KeyStore = {
  current(): KeyRing
  /** Reads the key ring anew. */
  reload(): Promise<KeyRing>
  /** Throws where the keys come from the environment, which a process cannot change. */
  replace(ring: KeyRing): Promise<void>
}

/** Everything that a server, or one command of the command line, works on. */
export type Installation = {
  readonly address: DatabaseAddress
  readonly storeAddress: DatabaseAddress
  readonly store: Database
  readonly admin: Admin
  readonly servers: RegisteredServers
  readonly keys: KeyStore
  readonly dataDir: string
  /** True when no other server can use this installation: the embedded cluster is locked for one. */
  readonly isExclusive: boolean
  /** Closes connections, and stops the embedded cluster if this process started it. */
  close(): Promise<void>
}

/**
 * Opens the installation that the settings describe: finds or starts PostgreSQL, brings the control
 * database up to date, loads the keys and makes sure of the hardened template. Throws a sentence
 * that says what was wrong, what was expected and what to change.
 */
export async function openInstallation(
  config: Config,
  options: {
    /** A server owns the cluster; a command uses a running one or starts it for its own time. */
    readonly isServer: boolean
    readonly progress: (message: string) => void
    readonly observe: Observe
  },
): Promise<Installation> {
  const dataDir = resolve(config.dataDir)
  await mkdir(dataDir, { recursive: true })
  // Others may pass through (the embedded cluster runs as its own user) but not look around.
  await chmod(dataDir, 0o711)
  const cluster =
    config.databaseUrl === undefined
      ? await startEmbeddedCluster({ dataDir, ...options })
      : { address: addressOf(config.databaseUrl), stop: async () => {} }

  const closers: (() => Promise<void>)[] = [() => cluster.stop()]
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer()
  }
  try {
    const { address } = cluster
    const onIdleError = (cause: Error) => options.observe({ event: 'warehouse_unreachable', cause })
    await ensureControlDatabase(address, controlDatabase)
    const storeAddress = { ...address, database: controlDatabase }
    const store = openDatabase(storeAddress, {
      max: 10,
      applicationName: 'postern control',
      onIdleError,
    })
    closers.push(() => store.end())
    await migrate(store)
    const installationId = await getInstallationId(store, randomBytes)
    const admin = await openAdmin({ address, installationId, templateDatabase, onIdleError })
    closers.push(() => admin.close())
    for (const finding of await checkServerRequirements(admin.cluster)) {
      if (finding.severity === 'problem') {
        throw new Error(`${finding.sentence} ${finding.remedy ?? ''}`.trim())
      }
      // Once per start; a command that somebody scripts does not say it each time, but for the doctor.
      if (finding.severity === 'warning' && options.isServer) {
        options.progress(`Warning: ${finding.sentence}`)
      }
    }
    await ensureTemplate(admin)
    if (options.isServer && config.databaseUrl === undefined) {
      // Nobody else lives on the embedded cluster. On a server of somebody's the doctor only reports.
      for (const database of ['postgres', 'template1']) await closeDatabase(admin, database)
    }
    const keys = await openKeyStore(config, dataDir)
    await mustOpenEverything(store, keys.current())
    await insertSecretKeys(
      store,
      keys.current().keys.map((key) => key.id),
    )
    const servers = createRegisteredServers({
      store,
      admin,
      keyRing: () => keys.current(),
      networks: config.connectionNetworks,
      lookUp: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
      onIdleError,
    })
    closers.push(() => servers.close())
    const isExclusive = options.isServer && config.databaseUrl === undefined
    return { address, storeAddress, store, admin, servers, keys, dataDir, isExclusive, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Throws when something in the control database is sealed with a key that we do not have. */
async function mustOpenEverything(store: Database, ring: KeyRing): Promise<void> {
  const ids = new Set(ring.keys.map((key) => key.id))
  const missing = (await listSecretKeysInUse(store)).filter((id) => !ids.has(id))
  if (missing.length === 0) return
  throw new Error(
    `The control database holds secrets that were sealed with the key ${missing.join(', ')}, which the key file does not have. Every node needs the same secrets.json: bring it here, or set POSTERN_SECRET_KEYS to its text.`,
  )
}

async function openKeyStore(config: Config, dataDir: string): Promise<KeyStore> {
  const { secretKeys } = config
  if (secretKeys !== undefined) {
    const ring = parseKeyRing(secretKeys)
    return {
      current: () => ring,
      reload: async () => ring,
      replace: async () => {
        throw new Error(
          'The keys come from POSTERN_SECRET_KEYS. Put a new key first there and name it in "current", restart every node, and run this again.',
        )
      },
    }
  }
  const path = join(dataDir, 'secrets.json')
  let inFile = await loadKeyFile(path, randomBytes)
  let ring = inFile
  return {
    current: () => ring,
    async reload() {
      const before = inFile
      const read = await readKeyFile(path)
      if (read === undefined) throw new Error(`The key file ${path} has gone.`)
      // A row that was read a moment ago may still be sealed with a key that has just left the file.
      const left = before.keys.filter((key) => !read.keys.some(({ id }) => id === key.id))
      inFile = read
      ring = { ...read, keys: [...read.keys, ...left] }
      return read
    },
    async replace(next) {
      await replaceKeyFile(path, next)
      inFile = next
      ring = next
    },
  }
}

function addressOf(databaseUrl: string): DatabaseAddress {
  const parsed = parseConnectionString(databaseUrl)
  return {
    host: parsed.host ?? '127.0.0.1',
    port: Number(parsed.port ?? 5432),
    user: parsed.user ?? 'postgres',
    password: parsed.password ?? '',
    database: parsed.database ?? 'postgres',
    ssl:
      typeof parsed.ssl === 'string'
        ? parsed.ssl !== 'false'
        : (parsed.ssl as DatabaseAddress['ssl']),
  }
}
