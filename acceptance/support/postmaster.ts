import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Postern } from './postern.ts'

/** The main process of the PostgreSQL that runs in a server's data directory. */
export function postmasterPid({ dataDir }: Pick<Postern, 'dataDir'>): number {
  return Number(readFileSync(join(dataDir, 'pg', 'postmaster.pid'), 'utf8').split('\n')[0])
}

/** Sends a signal to a PostgreSQL as a whole: its main process and every session of it. */
export function signalCluster(postmaster: number, signal: NodeJS.Signals): void {
  process.kill(postmaster, signal)
  for (const pid of childrenOf(postmaster)) process.kill(pid, signal)
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
