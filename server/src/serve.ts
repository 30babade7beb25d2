import { randomBytes, randomUUID } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { buildApp } from './app.ts'
import { createJobRunner } from './batch/job-runner.ts'
import { createRunSql } from './batch/run-sql.ts'
import { type Batch, jobsPerNode, startBatch } from './batch/start-batch.ts'
import { startTilesetRunner, type TilesetRunner } from './batch/tileset-runner.ts'
import { createCommandContext } from './command-context.ts'
import type { CommandContext } from './commands/context.ts'
import { createRefreshTokenPatterns } from './commands/refresh-token-patterns.ts'
import { type Config, publicUrlOf } from './config.ts'
import { createAuthenticate } from './credential/authenticate.ts'
import { createCredentialCache } from './credential/credential-cache.ts'
import { AccessError } from './errors.ts'
import type { Installation } from './installation.ts'
import { createRateLimits } from './limits/rate-limits.ts'
import { listen } from './listen.ts'
import { createMetrics } from './measure-observations.ts'
import type { Observe } from './observations.ts'
import { loadStatementParser } from './policy/statement-parser.ts'
import { prepareExports } from './prepare-exports.ts'
import { createApplyRevocation } from './revocation/apply-revocation.ts'
import { createInFlightRequests } from './revocation/in-flight.ts'
import { startNode } from './revocation/node.ts'
import { endSessions } from './roles/end-sessions.ts'
import { terminateSession } from './roles/terminate-session.ts'
import { batchApplicationName, createSessionPools } from './session-pools.ts'
import { createProvider } from './sign-on/provider.ts'
import { startForgetting } from './start-forgetting.ts'
import { batchCancelChannel } from './store/batch-jobs.ts'
import { answeredSoon, openDatabase } from './store/database.ts'
import { deleteAllNodes } from './store/epochs.ts'
import { createTileCache } from './tiles/tile-cache.ts'
import { createUsageRecorder } from './usage/record-usage.ts'
import { createAffectedTables } from './warehouse/affected-tables.ts'
import { createWarehouse } from './warehouse/run-statement.ts'
import type { SessionKey } from './warehouse/sessions.ts'
import { createTypeCatalogues } from './warehouse/type-catalogue.ts'

const maxCachedCredentials = 100_000
const closeGraceMs = 5_000
/** For so long a job's end waits for a session that had to be ended. */
const batchStopMs = 5_000

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
  const { store, admin, servers, keys } = installation
  const terminate = async (processId: number, { role, server }: SessionKey, waitMs = 0) =>
    terminateSession(await servers.adminOf(server), processId, role, waitMs)
  await loadStatementParser()
  const types = createTypeCatalogues()
  const tiles = createTileCache({ maxBytes: config.tileCacheBytes })
  const wrote: typeof tiles.forgetWritten = (key, written) => tiles.forgetWritten(key, written)
  const inFlight = createInFlightRequests({ now: Date.now })
  const cache = createCredentialCache({
    maxEntries: maxCachedCredentials,
    processKey: randomBytes(32),
  })
  const rateLimits = createRateLimits({
    perSecond: config.requestsPerSecond,
    monotonicNow: () => performance.now(),
  })
  const exporter = await prepareExports(installation.dataDir, {
    isRoot: process.getuid?.() === 0,
    systemDir: '/var/lib/postern',
  })
  const { registry, measure } = createMetrics({
    openSessions: () => sessions.open(),
    requestsInFlight: () => inFlight.count(),
    cachedCredentials: () => cache.size(),
    epoch: () => node?.epoch() ?? 0,
  })
  const observe: Observe = (observation) => {
    log(observation)
    measure(observation)
    usage.count(observation)
  }

  const usage = createUsageRecorder({ store, now: Date.now, observe })
  const forgetting = startForgetting({ store, observe })

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
  const sessions = createSessionPools(installation, { config, store: credentialStore, observe })

  // A server that was killed has left its lease behind; nothing needs to wait for it.
  if (installation.isExclusive) await deleteAllNodes(store)
  const node = await startNode({
    id: randomUUID(),
    store: leaseStore,
    listenAddress: installation.storeAddress,
    apply: createApplyRevocation({
      reloadKeys: () => keys.reload(),
      cache,
      inFlight,
      endRoles: sessions.endRoles,
      accessChanged: (accountId) => tiles.forgetAccount(accountId),
    }),
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
      sessions: sessions.batch,
      terminate: (processId, key) => terminate(processId, key, batchStopMs),
      timeoutMs: config.batchTimeoutMs,
      observe,
      wrote,
    }),
    now: commands.now,
    observe,
  })
  let batch: Batch | undefined
  let tilesetRunner: TilesetRunner | undefined
  let publicUrl = ''
  let ownHosts: readonly string[] = ['localhost']
  /** What has to end whether or not requests were ever answered. */
  const stopNode = async () => {
    sessions.close()
    await forgetting.stop()
    await usage.stop()
    await node.stop()
    await Promise.all([leaseStore.end(), credentialStore.end(), batchStore.end()])
  }
  const warehouse = createWarehouse({ sessions: sessions.requests, terminate, observe, wrote })
  const app = await buildApp(
    {
      commands,
      provider: config.oidc && createProvider(config.oidc),
      refreshTokenPatterns: createRefreshTokenPatterns(commands),
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
      previews: createWarehouse({ sessions: sessions.previews, terminate, observe }),
      copies: createWarehouse({ sessions: sessions.copies, terminate, observe, wrote }),
      types,
      affectedTables: createAffectedTables(warehouse),
      exporter,
      observe,
      nodeName: randomBytes(4).toString('hex'),
      publicUrl: () => publicUrl,
      isPublicUrlSet: config.publicUrl !== undefined,
      tiles,
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
    const batchStopped = Promise.all([batch?.stop(closeGraceMs), tilesetRunner?.stop()])
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
    tilesetRunner = startTilesetRunner({
      store: batchStore,
      nodeId: node.id,
      warehouse: createWarehouse({ sessions: sessions.batch, terminate, observe, wrote }),
      timeoutMs: config.batchTimeoutMs,
      now: commands.now,
      observe,
    })
    publicUrl = publicUrlOf({ ...config, port: await listen(app, config) })
  } catch (error) {
    await close()
    throw error
  }
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
