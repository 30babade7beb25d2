import { randomBytes } from 'node:crypto'
import { jobsPerNode } from './batch/start-batch.ts'
import { openTokenRolePassword } from './commands/access-token-secrets.ts'
import { openPassword } from './commands/api-key-secrets.ts'
import type { Config } from './config.ts'
import { AccessError } from './errors.ts'
import type { Installation } from './installation.ts'
import type { Observe } from './observations.ts'
import { openConnectionPassword } from './roles/connection-password.ts'
import { restoreRolePassword } from './roles/restore-role-password.ts'
import { findRolePassword } from './store/api-keys.ts'
import { findRegisteredConnection } from './store/connections.ts'
import { type Database, storeError } from './store/database.ts'
import { findAccessTokenRole } from './store/token-roles.ts'
import { scramVerifier } from './token/scram-verifier.ts'
import {
  createSessions,
  type SessionKey,
  type Sessions,
  type SessionsOptions,
} from './warehouse/sessions.ts'

/** What PostgreSQL's list of sessions calls those that run jobs. */
export const batchApplicationName = 'postern batch'

/** A node makes one tileset at a time, and of that two tiles. */
const sessionsOfTilesets = 2
/** Copies at a time, in all and of one role: each holds a session for as long as it goes on. */
const maxCopies = 20
const maxCopiesPerRole = 4

/** Looking at data must not keep requests from it. */
const maxPreviews = 10
const maxPreviewsPerRole = 3
/** What is looked at as a registered role ends soon after the connection does. */
const previewIdleMs = 5_000

/** Sessions for requests on one registered server: that many log-ins can hang while it is away. */
const maxSessionsPerServer = 20

/** The sessions of a serving process. What goes on for hours takes none from requests. */
export type SessionPools = {
  readonly requests: Sessions
  /** For what users look at: our own SQL, as owner roles and as those that servers were registered with. */
  readonly previews: Sessions
  readonly copies: Sessions
  readonly batch: Sessions
  /** How many there are in all. */
  open(): number
  endRoles(roles: readonly string[]): number
  close(): void
}

/** Opens nothing yet: each session logs in when it is first needed. */
export function createSessionPools(
  { address, servers, keys }: Installation,
  options: {
    readonly config: Config
    /** Where the passwords of roles are kept, sealed. */
    readonly store: Database
    readonly observe: Observe
  },
): SessionPools {
  const { config, store, observe } = options

  async function passwordOf({ role }: Pick<SessionKey, 'role'>): Promise<string> {
    try {
      const ofKey = await findRolePassword(store, role)
      if (ofKey !== undefined) return openPassword(keys.current(), ofKey.apiKeyId, ofKey)
      const ofToken = await findAccessTokenRole(store, role)
      if (ofToken !== undefined) return openTokenRolePassword(keys.current(), ofToken)
    } catch (error) {
      throw storeError(error)
    }
    throw new AccessError('credential_revoked')
  }

  /** On a registered server the role that it was registered with, and no other. */
  async function previewPasswordOf(key: SessionKey): Promise<string> {
    if (key.server === undefined) return passwordOf(key)
    const connection = await findRegisteredConnection(store, key.server).catch((error: unknown) => {
      throw storeError(error)
    })
    if (connection?.server.user !== key.role) throw new AccessError('connection_not_found')
    return openConnectionPassword(keys.current(), connection.id, connection)
  }

  const common = {
    host: address.host,
    port: address.port,
    ssl: address.ssl ?? false,
    addressOf: (server) =>
      servers.addressOf(server).catch((error: unknown) => {
        throw unavailable(error)
      }),
    maxPerServer: maxSessionsPerServer,
    maxPerRole: config.sessionsPerRole,
    idleTimeoutMs: 30_000,
    acquireTimeoutMs: 5_000,
    passwordOf,
    restorePassword: async (key) => {
      const { role, server } = key
      const verifier = await scramVerifier(await passwordOf(key), randomBytes)
      const admin = await servers.adminOf(server).catch((error: unknown) => {
        throw unavailable(error)
      })
      await restoreRolePassword(admin, role, verifier)
    },
    observe,
  } as const satisfies Partial<SessionsOptions>
  const requests = createSessions({
    ...common,
    maxTotal: config.maxSessions,
    statementTimeoutMs: Math.max(config.statementTimeoutMs, config.masterStatementTimeoutMs),
  })
  const previews = createSessions({
    ...common,
    maxTotal: maxPreviews,
    maxPerRole: Math.min(config.sessionsPerRole, maxPreviewsPerRole),
    maxPerServer: maxPreviewsPerRole,
    idleTimeoutMs: previewIdleMs,
    statementTimeoutMs: config.statementTimeoutMs,
    addressOf: async (server) => ({
      ...(await common.addressOf(server)),
      // All that we send is qualified; nothing of the server's own is found by chance.
      searchPath: 'pg_catalog',
    }),
    passwordOf: previewPasswordOf,
    restorePassword: async (key) => {
      if (key.server === undefined) return common.restorePassword(key)
      throw new AccessError('warehouse_unavailable', {
        cause: new Error('The server refuses the password that it was registered with.'),
      })
    },
  })
  const copies = createSessions({
    ...common,
    maxTotal: maxCopies,
    maxPerRole: Math.min(config.sessionsPerRole, maxCopiesPerRole),
    statementTimeoutMs: config.copyTimeoutMs,
  })
  const batch = createSessions({
    ...common,
    applicationName: batchApplicationName,
    maxTotal: jobsPerNode + sessionsOfTilesets,
    statementTimeoutMs: config.batchTimeoutMs,
  })
  const all = [requests, previews, copies, batch]
  const sum = (count: (sessions: Sessions) => number) =>
    all.reduce((total, sessions) => total + count(sessions), 0)
  return {
    requests,
    previews,
    copies,
    batch,
    open: () => sum((sessions) => sessions.open()),
    endRoles: (roles) => sum((sessions) => sessions.endRoles(roles)),
    close() {
      for (const sessions of all) sessions.close()
    },
  }
}

/** Whoever asks for data learns that the database is away, and not what of its address is wrong. */
function unavailable(error: unknown): unknown {
  const isAway =
    error instanceof AccessError && ['server_unreachable', 'server_refused'].includes(error.code)
  return isAway ? new AccessError('warehouse_unavailable', { cause: error }) : error
}
