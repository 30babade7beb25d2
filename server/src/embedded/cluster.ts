import { type ClusterAddress, prepareCluster, type StartClusterOptions } from './prepare-cluster.ts'

/** A running private cluster. */
export type Cluster = {
  /** For `openDatabase`, with a database name added. */
  readonly address: ClusterAddress
  /** The same cluster on 127.0.0.1. */
  readonly tcpPort: number
  readonly pid: number
  /** Settles when PostgreSQL is gone, with its exit code (null when unknown). */
  readonly exited: Promise<number | null>
  /** Shuts the cluster down cleanly and gives the data directory free. May be called again. */
  stop(): Promise<void>
}

/**
 * Starts the private cluster of a data directory, creating it on the first start. It listens on a
 * unix socket in a private directory and on 127.0.0.1, asks everybody for a SCRAM password, never
 * runs as root, and ends with this process. Throws `EmbeddedError`.
 */
export async function startCluster(options: StartClusterOptions): Promise<Cluster> {
  const prepared = await prepareCluster(options)
  try {
    const { postmaster, address } = await prepared.launch()
    const released = postmaster.exited.then(() => prepared.release())
    return {
      address,
      tcpPort: address.port,
      pid: postmaster.pid,
      exited: postmaster.exited,
      stop: async () => {
        await postmaster.stop()
        await released
      },
    }
  } catch (error) {
    await prepared.release()
    throw error
  }
}
