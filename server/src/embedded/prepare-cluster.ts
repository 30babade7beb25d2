import { createHash } from 'node:crypto'
import { mkdir, realpath } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Observe } from '../observations.ts'
import { findClusterAddress, writeClusterAddress } from './cluster-address.ts'
import { openClusterLog } from './cluster-log.ts'
import { prepareClusterPlace, prepareSocketDir, removeSocketDir } from './cluster-place.ts'
import { EmbeddedError } from './embedded-error.ts'
import { findClusterVersion, type PostgresBinaries } from './find-postgres.ts'
import { getFreePort, isPortFree } from './free-port.ts'
import { initialiseCluster, superuserName } from './initialise-cluster.ts'
import { endLeftoverBackends, stopLeftoverPostmaster } from './leftover-postmaster.ts'
import { launchPostmaster, type Postmaster, PostmasterStartError } from './postmaster.ts'
import { type PostmasterSettings, postmasterArguments } from './postmaster-settings.ts'
import { acquireServerLock } from './server-lock.ts'

export type StartClusterOptions = {
  readonly binaries: PostgresBinaries
  /** Holds everything of the cluster: pg, run, log, server.lock, cluster.json. */
  readonly dataDir: string
  /** Of the superuser `postern_admin`. Used when the cluster is created; afterwards it stands. */
  readonly superuserPassword: string
  readonly observe: Observe
  /** This TCP port or none. Without it: the last one, or another if that is taken. */
  readonly port?: number | undefined
  /** Added to, or instead of, `defaultSettings`. */
  readonly settings?: PostmasterSettings | undefined
  /** Gives up starting. */
  readonly signal?: AbortSignal | undefined
  /** Where a cluster goes whose owner cannot enter the data directory. */
  readonly systemDir?: string | undefined
  /** Where the socket goes when its path in the data directory would be too long. */
  readonly tmpDir?: string | undefined
}

/** A cluster that may be launched, again and again, at one address, until it is released. */
export type PreparedCluster = {
  launch(signal?: AbortSignal): Promise<{ postmaster: Postmaster; address: ClusterAddress }>
  release(): Promise<void>
}

export type ClusterAddress = {
  /** The directory of the unix socket. */
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
}

// How long a crashed cluster's last sessions may hold its shared memory.
const sharedMemoryPatienceMs = 60_000

/**
 * Locks the data directory, stops what a killed server left running there, and creates the database
 * files if there are none. Throws `EmbeddedError` with what the operator can do about it.
 */
export async function prepareCluster(options: StartClusterOptions): Promise<PreparedCluster> {
  const progress = (message: string) => options.observe({ event: 'cluster_progress', message })
  await mkdir(options.dataDir, { recursive: true })
  const dataDir = await realpath(options.dataDir)
  const lock = await acquireServerLock(dataDir)
  try {
    const { systemDir = '/var/lib/postern', tmpDir = tmpdir() } = options
    const place = await prepareClusterPlace({ dataDir, systemDir, progress })
    await stopLeftoverPostmaster(place.pgDir, { progress })
    await createIfAbsent({ ...options, place, progress })
    const last = await findClusterAddress(dataDir)
    const socketDir = await prepareSocketDir({ place, tmpDir, previous: last?.host })
    const log = await openClusterLog(dataDir)
    let port = options.port ?? last?.port ?? (await getFreePort())
    let mayMove = options.port === undefined

    const launch = async (signal: AbortSignal | undefined = options.signal) => {
      if (mayMove && !(await isPortFree(port))) port = await getFreePort()
      const clusterName = nameCluster(place.pgDir)
      const startedAt = performance.now()
      for (;;) {
        await stopLeftoverPostmaster(place.pgDir, { progress })
        const settings = options.settings ?? {}
        const args = postmasterArguments({ ...place, socketDir, port, clusterName, settings })
        try {
          const { binaries } = options
          const postmaster = await launchPostmaster({
            ...{ binaries, place, args, log, progress, signal },
          })
          // Those who connect now keep the address: from here on it stays.
          mayMove = false
          await writeClusterAddress(dataDir, { host: socketDir, port })
          const password = options.superuserPassword
          return { postmaster, address: { host: socketDir, port, user: superuserName, password } }
        } catch (error) {
          if (!(error instanceof PostmasterStartError)) throw error
          const elapsedMs = performance.now() - startedAt
          if (isMemoryStillUsed(error) && elapsedMs < sharedMemoryPatienceMs) {
            if (elapsedMs > 2_000) endLeftoverBackends(clusterName)
            await sleep(200, undefined, { signal })
          } else if (isPortTaken(error) && mayMove) {
            port = await getFreePort()
          } else {
            throw error
          }
        }
      }
    }

    const release = async () => {
      log.close()
      await removeSocketDir(place, socketDir)
      await lock.release()
    }
    return { launch, release }
  } catch (error) {
    await lock.release()
    throw error
  }
}

async function createIfAbsent(
  options: Pick<StartClusterOptions, 'binaries' | 'superuserPassword'> & {
    place: Parameters<typeof initialiseCluster>[0]['place']
    progress: (message: string) => void
  },
): Promise<void> {
  const { binaries, place, progress } = options
  const version = await findClusterVersion(place.pgDir)
  if (version === undefined) {
    progress(`Creating a private PostgreSQL ${binaries.version} cluster in ${place.pgDir}.`)
    await initialiseCluster(options)
  } else if (version !== binaries.version) {
    throw new EmbeddedError(
      `The database files in ${place.pgDir} were made by PostgreSQL ${version}, and only ` +
        `${binaries.version} was found, in ${binaries.binDir}. ` +
        `Install PostgreSQL ${version} with PostGIS.`,
    )
  }
}

/** Shown in the titles of the cluster's processes: tells one installation's from another's. */
function nameCluster(pgDir: string): string {
  return `postern_${createHash('sha256').update(pgDir).digest('hex').slice(0, 8)}`
}

function isMemoryStillUsed(error: PostmasterStartError): boolean {
  return /pre-existing shared memory block/.test(error.output)
}

function isPortTaken(error: PostmasterStartError): boolean {
  return /could not create any TCP\/IP sockets/.test(error.output)
}
