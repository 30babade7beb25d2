import { openPassword } from '@postern/server/commands/api-key-secrets.js'
import { readConfig } from '@postern/server/config.js'
import { findPostgres } from '@postern/server/embedded/find-postgres.js'
import { type Installation, openInstallation } from '@postern/server/installation.js'
import { findApiKeyByTokenIndex, findRolePassword } from '@postern/server/store/api-keys.js'
import { tokenIndex } from '@postern/server/token/key-ring.js'
import type { Cleanup } from './cleanup.ts'

/** How to log in to PostgreSQL as somebody, past Postern. */
export type Login = {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  readonly password: string
}

/** The ways past Postern that comparisons need, as its command line opens them. */
export type Backstage = {
  readonly installation: Installation
  /** Logs in as the very role that Postern uses for this token. */
  loginOf(token: string): Promise<Login>
  /** Where PostgreSQL's programs are. */
  readonly binDir: string
  readonly programEnvironment: Readonly<Record<string, string>>
}

/** Opens the installation of a data directory whose server runs. */
export async function openBackstage(dataDir: string, cleanup: Cleanup): Promise<Backstage> {
  const installation = await openInstallation(readConfig({ POSTERN_DATA_DIR: dataDir }), {
    isServer: false,
    progress: () => {},
    observe: () => {},
  })
  cleanup.add(() => installation.close())
  const binaries = await findPostgres({ dataDir })
  if (binaries === undefined) throw new Error('PostgreSQL runs, but its programs were not found.')
  return {
    installation,
    loginOf: (token) => findLogin(installation, token),
    binDir: binaries.binDir,
    programEnvironment: binaries.env,
  }
}

async function findLogin({ store, keys, address }: Installation, token: string): Promise<Login> {
  const ring = keys.current()
  const key = await findApiKeyByTokenIndex(
    store,
    ring.keys.map((each) => tokenIndex(each, token)),
  )
  const sealed = key === undefined ? undefined : await findRolePassword(store, key.role)
  if (key === undefined || sealed === undefined) throw new Error('There is no such key.')
  return {
    host: address.host,
    port: address.port,
    database: key.database,
    user: key.role,
    password: openPassword(ring, sealed.apiKeyId, sealed),
  }
}
