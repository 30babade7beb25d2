import { setTimeout as sleep } from 'node:timers/promises'
import type { Postmaster } from './postmaster.ts'
import { type ClusterAddress, prepareCluster, type StartClusterOptions } from './prepare-cluster.ts'

/** A private cluster that comes back by itself, at the same address. */
export type SupervisedCluster = {
  /** For `openDatabase`, with a database name added. It never changes. */
  readonly address: ClusterAddress
  /** The same cluster on 127.0.0.1. */
  readonly tcpPort: number
  /** The process id of PostgreSQL; undefined while there is none. */
  findPid(): number | undefined
  /** Ends supervision, shuts the cluster down cleanly and gives the data directory free. */
  stop(): Promise<void>
}

/**
 * Starts the cluster of a data directory as `startCluster` does, and starts it again whenever it
 * exits, after 0.2 s at first and up to 5 s when it keeps failing. Reports `cluster_exited`.
 */
export async function superviseCluster(
  options: StartClusterOptions & { minDelayMs?: number; maxDelayMs?: number },
): Promise<SupervisedCluster> {
  const { observe, minDelayMs = 200, maxDelayMs = 5_000 } = options
  const prepared = await prepareCluster(options)
  const first = await prepared.launch().catch(async (error: unknown) => {
    await prepared.release()
    throw error
  })
  const stopping = new AbortController()
  let current: Postmaster | undefined = first.postmaster
  let delayMs = minDelayMs

  const supervise = async () => {
    while (current !== undefined) {
      const launchedAt = performance.now()
      const exitCode = await current.exited
      current = undefined
      if (stopping.signal.aborted) return
      observe({ event: 'cluster_exited', exitCode, restarting: true })
      if (performance.now() - launchedAt > 10 * maxDelayMs) delayMs = minDelayMs
      current = await relaunch()
    }
  }

  /** Tries until it succeeds; undefined when supervision ends meanwhile. */
  const relaunch = async (): Promise<Postmaster | undefined> => {
    for (;;) {
      try {
        await sleep(delayMs, undefined, { signal: stopping.signal })
        delayMs = Math.min(delayMs * 2, maxDelayMs)
        const { postmaster } = await prepared.launch(stopping.signal)
        return postmaster
      } catch (error) {
        if (stopping.signal.aborted) return undefined
        const message = error instanceof Error ? error.message : String(error)
        observe({ event: 'cluster_progress', message })
      }
    }
  }

  const supervision = supervise()
  let stopped: Promise<void> | undefined
  return {
    address: first.address,
    tcpPort: first.address.port,
    findPid: () => current?.pid,
    stop: () => {
      stopped ??= (async () => {
        stopping.abort()
        await current?.stop()
        await supervision
        await prepared.release()
      })()
      return stopped
    },
  }
}
