import { realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { findClusterAddress, type SocketAddress } from './cluster-address.ts'
import { superuserName } from './initialise-cluster.ts'
import { findPostmaster } from './leftover-postmaster.ts'

/** How to reach a cluster that another process runs; the password is the caller's to know. */
export type RunningCluster = SocketAddress & { readonly user: string }

/** The cluster that runs on a data directory and accepts connections; undefined when none does. */
export async function findRunningCluster(dataDir: string): Promise<RunningCluster | undefined> {
  const address = await findClusterAddress(dataDir)
  if (address === undefined) return undefined
  const pgDir = await realpath(join(dataDir, 'pg')).catch(() => undefined)
  if (pgDir === undefined || findPostmaster(pgDir)?.status !== 'ready') return undefined
  return { ...address, user: superuserName }
}
