import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Where the cluster of a data directory was last reachable: the part that is no secret. */
export type SocketAddress = {
  /** The directory of the unix socket. */
  readonly host: string
  readonly port: number
}

/** Reads `cluster.json`. Undefined when there is none, or none that can be understood. */
export async function findClusterAddress(dataDir: string): Promise<SocketAddress | undefined> {
  try {
    const parsed: unknown = JSON.parse(await readFile(pathIn(dataDir), 'utf8'))
    if (typeof parsed !== 'object' || parsed === null) return undefined
    if (!('host' in parsed) || !('port' in parsed)) return undefined
    const { host, port } = parsed
    if (typeof host !== 'string' || typeof port !== 'number') return undefined
    return { host, port }
  } catch {
    return undefined
  }
}

/** Writes `cluster.json`, at once and whole. */
export async function writeClusterAddress(dataDir: string, address: SocketAddress): Promise<void> {
  const draft = `${pathIn(dataDir)}.new`
  await writeFile(draft, `${JSON.stringify(address)}\n`, { mode: 0o644 })
  await rename(draft, pathIn(dataDir))
}

function pathIn(dataDir: string): string {
  return join(dataDir, 'cluster.json')
}
