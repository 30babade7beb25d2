import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Postern } from './postern.ts'

/** The main process of the PostgreSQL that runs in a server's data directory, if one does. */
export function findPostmasterPid({ dataDir }: Pick<Postern, 'dataDir'>): number | undefined {
  try {
    // While PostgreSQL starts, the file can be there and still be empty.
    const [pid] = readFileSync(join(dataDir, 'pg', 'postmaster.pid'), 'utf8').split('\n')
    return Number(pid) || undefined
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

export function postmasterPid(postern: Pick<Postern, 'dataDir'>): number {
  const pid = findPostmasterPid(postern)
  if (pid === undefined) throw new Error('PostgreSQL does not run.')
  return pid
}

/** Sends a signal to a PostgreSQL as a whole: its main process and every session of it. */
export function signalCluster(postmaster: number, signal: NodeJS.Signals): void {
  process.kill(postmaster, signal)
  for (const pid of childrenOf(postmaster)) {
    try {
      process.kill(pid, signal)
    } catch (error) {
      // A session can have ended since we looked.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }
}

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        // The command's name, which may hold spaces, stands in parentheses; then state and parent.
        const [, parentPid] =
          readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
        return Number(parentPid) === parent
      } catch {
        return false
      }
    })
}
