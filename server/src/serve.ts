import { randomBytes, randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { buildApp } from './app.ts'
import { createJobRunner } from './batch/job-runner.ts'
import { createRunSql } from './batch/run-sql.ts'
import { type Batch, jobsPerNode, startBatch } from './batch/start-batch.ts'
import { createCommandContext } from './command-context.ts'
import { openPassword } from './commands/api-key-secrets.ts'
import type { CommandContext } from './commands/context.ts'
import { type Config, publicUrlOf } from './config.ts'
import { createAuthenticate } from './credential/authenticate.ts'
import { createCredentialCache } from './credential/credential-cache.ts'
import { AccessError } from './errors.ts'
import { removeLeftExports } from './exports/export-directory.ts'
import { createExporter } from './exports/exporter.ts'
import type { Installation } from './installation.ts'
import { createRateLimits } from './limits/rate-limits.ts'
import { createMetrics } from './measure-observations.ts'
import type { Observe } from './observations.ts'
import { loadStatementParser } from './policy/statement-parser.ts'
import { createInFlightRequests } from './revocation/in-flight.ts'
import { startNode } from './revocation/node.ts'
import { endSessions } from './roles/end-sessions.ts'
import { restoreRolePassword } from './roles/restore-role-password.ts'
import { terminateSession } from './roles/terminate-session.ts'
import { findRolePassword } from './store/api-keys.ts'
import { batchCancelChannel } from './store/batch-jobs.ts'
import { answeredSoon, openDatabase, storeError } from './store/database.ts'
import { deleteAllNodes, type Revocation } from './store/epochs.ts'
import { scramVerifier } from './token/scram-verifier.ts'
import { createUsageRecorder } from './usage/record-usage.ts'
import { createAffectedTables } from './warehouse/affected-tables.ts'
import { createWarehouse } from './warehouse/run-statement.ts'
import { createSessions, type SessionsOptions } from './warehouse/sessions.ts'
import { createTypeCatalogues } from './warehouse/type-catalogue.ts'

const maxCachedCredentials = 100_000
/** Copies at a time, in all and of one role: each holds a session for as long as it goes on. */
const maxCopies = 20
const maxCopiesPerRole = 4
const closeGraceMs = 5_000
const batchApplicationName = 'postern batch'
/** For so long a job's end waits for a session that had to be ended. */
const batchStopMs = 5_000
/** Each is a process beside ours, and as much disk as two answers may have bytes. */
const exportLimits = { maxExports: 6, maxPerAccount: 3, timeoutMs: 300_000 }

export type RunningServer = {
  /** The address that clients are told, without a trailing slash. */
  readonly publicUrl: string
  readonly commands: CommandContext
  /** Refuses new requests, gives running ones a moment, closes everything that it opened. */
  close(): Promise<void>
}

/** Serves an installation. Resolves when requests are answered. */
export async function serve(
  installation: Installation,
  config: Config,
  log: Observe,
): Promise<RunningServer> {
  const { store, admin, keys, address } = installation
  await loadStatementParser()
  const types = createTypeCatalogues()
  const inFlight = createInFlightRequests({ now: Date.now })
  const cache = createCredentialCache({
    maxEntries: maxCachedCredentials,
    processKey: randomBytes(32),
  })
  const rateLimits = createRateLimits({
    perSecond: config.requestsPerSecond,
    monotonicNow: () => performance.now(),
  })
  const exportsRoot = join(installation.dataDir, 'exports')
  await removeLeftExports(exportsRoot)
  const exporter = createExporter({ root: exportsRoot, ...exportLimits })
  const { registry, measure } = createMetrics({
    openSessions: () => sessions.open() + copySessions.open() + batchSessions.open(),
    requestsInFlight: () => inFlight.count(),
    cachedCredentials: () => cache.size(),
    epoch: () => node?.epoch() ?? 0,
  })
  const observe: Observe = (observation) => {
    log(observation)
    measure(observation)
    usage.count(observation)
  }

  const sessionOptions = {
    host: address.host,
    port: address.port,
    ssl: address.ssl ?? false,
    maxPerRole: config.sessionsPerRole,
    idleTimeoutMs: 30_000,
    acquireTimeoutMs: 5_000,
    passwordOf,
    restorePassword: async (role) => {
      const verifier = await scramVerifier(await passwordOf(role), randomBytes)
      await restoreRolePassword(admin, role, verifier)
    },
    observe,
  } as const satisfies Partial<SessionsOptions>
  const usage = createUsageRecorder({ store, now: Date.now, observe })
  const sessions = createSessions({
    ...sessionOptions,
    maxTotal: config.maxSessions,
    statementTimeoutMs: Math.max(config.statementTimeoutMs, config.masterStatementTimeoutMs),
  })
  // Of their own, so that what goes on for hours takes no session from requests.
  const copySessions = createSessions({
    ...sessionOptions,
    maxTotal: maxCopies,
    maxPerRole: Math.min(config.sessionsPerRole, maxCopiesPerRole),
    statementTimeoutMs: config.copyTimeoutMs,
  })
  const batchSessions = createSessions({
    ...sessionOptions,
    applicationName: batchApplicationName,
    maxTotal: jobsPerNode,
    statementTimeoutMs: config.batchTimeoutMs,
  })

  async function passwordOf(role: string): Promise<string> {
    const sealed = await findRolePassword(credentialStore, role).catch((error: unknown) => {
      throw storeError(error)
    })
    if (sealed === undefined) throw new AccessError('credential_revoked')
    return openPassword(keys.current(), sealed.apiKeyId, sealed)
  }

  /** Takes one revocation into effect in this process. Nothing in here waits for a database. */
  async function apply(revocation: Revocation): Promise<{
    responsesAborted: number
    sessionsEnded: number
  }> {
    const { kind, accountId, apiKeyId, role } = revocation
    if (kind === 'key_ring') {
      await keys.reload()
      return { responsesAborted: 0, sessionsEnded: 0 }
    }
    if (kind === 'public_access') {
      // Sessions may stay: what the next statement may read is for PostgreSQL to say.
      const aborted = accountId === null ? 0 : inFlight.abortPublic(accountId)
      return { responsesAborted: aborted, sessionsEnded: 0 }
    }
    const matches = {
      ...(apiKeyId !== null && { apiKeyId }),
      ...(accountId !== null && { accountId }),
    }
    cache.evict(matches)
    if (kind === 'account_settings') return { responsesAborted: 0, sessionsEnded: 0 }
    const responsesAborted = inFlight.abort({
      ...matches,
      ...(kind === 'regular_keys' && { only: 'regular' }),
    })
    // The sessions of an account's roles end with its database.
    const pools = [sessions, copySessions, batchSessions]
    const sessionsEnded =
      role === null ? 0 : pools.reduce((ended, pool) => ended + pool.endRoles([role]), 0)
    return { responsesAborted, sessionsEnded }
  }

  // The lease must not wait behind requests, nor requests behind commands that take their time.
  const openStore = (applicationName: string, max: number) =>
    openDatabase(installation.storeAddress, {
      max,
      applicationName,
      onIdleError: (cause) => observe({ event: 'warehouse_unreachable', cause }),
    })
  const leaseStore = openStore('postern lease', 2)
  const credentialStore = openStore('postern credentials', 5)
  const batchStore = openStore('postern batch', jobsPerNode + 4)

  // A server that was killed has left its lease behind; nothing needs to wait for it.
  if (installation.isExclusive) await deleteAllNodes(store)
  const node = await startNode({
    id: randomUUID(),
    store: leaseStore,
    listenAddress: installation.storeAddress,
    apply,
    leaseLost: () => inFlight.abortAll(new AccessError('store_unavailable')),
    notified: { channel: batchCancelChannel, tell: () => batch?.cancelRequested() },
    monotonicNow: () => performance.now(),
    observe,
  })
  const commands = createCommandContext(installation, config, observe, node)
  const runner = createJobRunner({
    store: batchStore,
    nodeId: node.id,
    keyRing: () => keys.current(),
    randomBytes,
    inFlight,
    runSql: createRunSql({
      sessions: batchSessions,
      terminate: (processId, role) => terminateSession(admin, processId, role, batchStopMs),
      timeoutMs: config.batchTimeoutMs,
      observe,
    }),
    now: commands.now,
    observe,
  })
  let batch: Batch | undefined
  let publicUrl = ''
  let ownHosts: readonly string[] = ['localhost']
  /** What has to end whether or not requests were ever answered. */
  const stopNode = async () => {
    sessions.close()
    copySessions.close()
    batchSessions.close()
    await usage.stop()
    await node.stop()
    await Promise.all([leaseStore.end(), credentialStore.end(), batchStore.end()])
  }
  const terminate = (processId: number, role: string) => terminateSession(admin, processId, role)
  const warehouse = createWarehouse({ sessions, terminate, observe })
  const app = await buildApp(
    {
      commands,
      authenticate: createAuthenticate({
        store: credentialStore,
        keyRing: () => keys.current(),
        cache,
        inFlight,
        node,
        limits: rateLimits,
        now: Date.now,
        observe,
      }),
      warehouse,
      copies: createWarehouse({ sessions: copySessions, terminate, observe }),
      types,
      affectedTables: createAffectedTables(warehouse),
      exporter,
      observe,
      nodeName: randomBytes(4).toString('hex'),
      publicUrl: () => publicUrl,
      limits: config,
    },
    {
      metrics: registry,
      rateLimits,
      trustedProxies: config.trustedProxies,
      ownHosts: () => ownHosts,
      isReady: async () => {
        try {
          await credentialStore.query(answeredSoon({ text: 'select 1' }))
          return node.hasLease()
        } catch {
          return false
        }
      },
    },
  ).catch(async (error: unknown) => {
    await stopNode()
    throw error
  })
  const close = async () => {
    const batchStopped = batch?.stop(closeGraceMs)
    const stopped = app.close()
    const timer = setTimeout(() => {
      inFlight.abortAll(new AccessError('shutting_down'))
      app.server.closeAllConnections()
    }, closeGraceMs)
    app.server.closeIdleConnections()
    await stopped
    clearTimeout(timer)
    await batchStopped
    await stopNode()
  }
  try {
    batch = await startBatch({
      store: batchStore,
      runner,
      endSessions: async (role) => {
        await endSessions(admin, [role], { applicationName: batchApplicationName })
      },
      now: commands.now,
      observe,
    })
    await app.listen({ host: config.host, port: config.port })
  } catch (error) {
    await close()
    throw listenError(error, config)
  }
  const { port } = app.server.address() as AddressInfo
  publicUrl = publicUrlOf({ ...config, port })
  ownHosts = ['localhost', new URL(publicUrl).hostname]
  observe({ event: 'started', url: publicUrl })
  return {
    publicUrl,
    commands,
    async close() {
      await close()
      observe({ event: 'stopped' })
    },
  }
}

function listenError(error: unknown, { host, port }: Config): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'EADDRINUSE') {
    return new Error(
      `Something else already listens on ${host}:${port}. Choose another port with POSTERN_PORT.`,
    )
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return new Error(`This machine has no address ${host}. Choose another with POSTERN_HOST.`)
  }
  if (code === 'EACCES') {
    return new Error(`This user may not listen on port ${port}. Choose another with POSTERN_PORT.`)
  }
  return error
}
