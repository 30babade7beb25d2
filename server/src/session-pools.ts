import { randomBytes } from 'node:crypto'
import { jobsPerNode } from './batch/start-batch.ts'
import { openTokenRolePassword } from './commands/access-token-secrets.ts'
import { openPassword } from './commands/api-key-secrets.ts'
import type { Config } from './config.ts'
import { AccessError } from './errors.ts'
import type { Installation } from './installation.ts'
import type { Observe } from './observations.ts'
import { restoreRolePassword } from './roles/restore-role-password.ts'
import { findRolePassword } from './store/api-keys.ts'
import { type Database, storeError } from './store/database.ts'
import { findAccessTokenRole } from './store/token-roles.ts'
import { scramVerifier } from './token/scram-verifier.ts'
import { createSessions, type Sessions, type SessionsOptions } from './warehouse/sessions.ts'

/** What PostgreSQL's list of sessions calls those that run jobs. */
export const batchApplicationName = 'postern batch'

/** A node makes one tileset at a time, and of that two tiles. */
const sessionsOfTilesets = 2
/** Copies at a time, in all and of one role: each holds a session for as long as it goes on. */
const maxCopies = 20
const maxCopiesPerRole = 4

/** Sessions for requests on one registered server: that many log-ins can hang while it is away. */
const maxSessionsPerServer = 20

/** The sessions of a serving process. What goes on for hours takes none from requests. */
export type SessionPools = {
  readonly requests: Sessions
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

  async function passwordOf(role: string): Promise<string> {
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
    restorePassword: async ({ role, server }) => {
      const verifier = await scramVerifier(await passwordOf(role), randomBytes)
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
  const all = [requests, copies, batch]
  const sum = (count: (sessions: Sessions) => number) =>
    all.reduce((total, sessions) => total + count(sessions), 0)
  return {
    requests,
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
